// Every instruction, intrinsic and constant that LLVM's passes can make of a kernel, on scalars and
// vectors of every width.
#include "tests/compiler/backend/encoder/encoder_case.h"

namespace tegula::compiler {
namespace {

TEST_F(Encoder, IntegerInstructions) {
  for (const Type& type : integer_types()) {
    const std::string t = type.text();
    for (const char* name :
         {"add", "sub", "mul", "and", "or", "xor", "udiv", "urem", "sdiv", "srem"})
      check({fmt::format("  %r = {} {} %a, %b", name, t), {type, type}, type});
    for (const char* name : {"shl", "lshr", "ashr"})
      check({type.bits() == 1
                 ? fmt::format("  %n = and {0} %b, zeroinitializer\n  %r = {1} {0} %a, %n", t, name)
                 : fmt::format("  %n = urem {0} %b, {2}\n  %r = {1} {0} %a, %n", t, name,
                               type.splat(type.bits())),
             {type, type},
             type});
    check({fmt::format("  %r = freeze {} %a", t), {type}, type});
  }
}

TEST_F(Encoder, Comparisons) {
  for (const Type& type : integer_types())
    for (const char* name : {"eq", "ne", "ult", "ule", "ugt", "uge", "slt", "sle", "sgt", "sge"})
      check({fmt::format("  %r = icmp {} {} %a, %b", name, type.text()),
             {type, type},
             type.with("i1")});
  for (const Type& type : float_types())
    for (const char* name : {"false", "oeq", "ogt", "oge", "olt", "ole", "one", "ord", "ueq", "ugt",
                             "uge", "ult", "ule", "une", "uno", "true"})
      check({fmt::format("  %r = fcmp {} {} %a, %b", name, type.text()),
             {type, type},
             type.with("i1")});
}

TEST_F(Encoder, ConversionsOfIntegers) {
  for (const unsigned count : {0u, 4u})
    for (const char* narrow : integers)
      for (const char* wide : integers) {
        const Type from{narrow, count}, to{wide, count};
        if (from.bits() >= to.bits()) continue;
        check({fmt::format("  %r = zext {} %a to {}", from.text(), to.text()), {from}, to});
        check({fmt::format("  %r = sext {} %a to {}", from.text(), to.text()), {from}, to});
        check({fmt::format("  %r = trunc {} %a to {}", to.text(), from.text()), {to}, from});
      }
}

TEST_F(Encoder, ConversionsOfFloats) {
  for (const Type& real : float_types()) {
    for (const char* scalar : integers) {
      const Type integer = real.with(scalar);
      for (const char* name : {"sitofp", "uitofp"})
        check({fmt::format("  %r = {} {} %a to {}", name, integer.text(), real.text()),
               {integer},
               real});
      for (const char* name : {"fptosi", "fptoui"}) {
        const std::string full =
            fmt::format("@llvm.{}.sat.{}.{}", name, integer.mangled(), real.mangled());
        check({fmt::format("  %r = call {} {}({} %a)", integer.text(), full, real.text()),
               {real},
               integer,
               fmt::format("declare {} {}({})", integer.text(), full, real.text())});
        // Defined where it is in range.
        if (integer.bits() > 8)
          check({fmt::format("  %i = zext {1} %b to {0}\n  %f = uitofp {0} %i to {2}\n"
                             "  %r = {3} {2} %f to {0}",
                             integer.text(), real.with("i7").text(), real.text(), name),
                 {real, real.with("i7")},
                 integer});
      }
    }
    for (const char* scalar : floats) {
      const Type other = real.with(scalar);
      if (other.bits() == real.bits()) continue;
      const char* name = other.bits() < real.bits() ? "fptrunc" : "fpext";
      check({fmt::format("  %r = {} {} %a to {}", name, real.text(), other.text()), {real}, other});
    }
  }
}

TEST_F(Encoder, Bitcasts) {
  const std::pair<Type, Type> pairs[] = {
      {{"i32"}, {"float"}},        {{"i64"}, {"double"}},    {{"i16", 4}, {"half", 4}},
      {{"i16", 4}, {"bfloat", 4}}, {{"i64"}, {"float", 2}},  {{"i32", 2}, {"i8", 8}},
      {{"i1", 8}, {"i8"}},         {{"i1", 8}, {"i4", 2}},   {{"i1", 4}, {"i4"}},
      {{"i1", 2}, {"i2"}},         {{"i1", 3}, {"i3"}},      {{"i1", 16}, {"i8", 2}},
      {{"i1", 16}, {"half"}},      {{"i1", 32}, {"float"}},  {{"i1", 32}, {"i32", 1}},
      {{"i1", 64}, {"i64"}},       {{"i1", 64}, {"double"}}, {{"i1", 24}, {"i8", 3}},
      {{"i1", 24}, {"i24"}},       {{"i8", 3}, {"i24"}},     {{"i16", 3}, {"i48"}},
      {{"i24", 2}, {"i48"}},       {{"i4", 8}, {"i32"}},     {{"i1", 1}, {"i1"}},
      {{"i3", 1}, {"i3"}},         {{"i32", 1}, {"i32"}},
  };
  for (const auto& [one, other] : pairs)
    for (const auto& [from, to] : {std::pair(one, other), std::pair(other, one)}) {
      check({fmt::format("  %r = bitcast {} %a to {}", from.text(), to.text()), {from}, to});
      if (to.count == 0) continue;
      check({fmt::format("  %v = bitcast {} %a to {}\n  %r = extractelement {} %v, i32 {}",
                         from.text(), to.text(), to.text(), to.count / 2),
             {from},
             {to.scalar}});
    }
}

TEST_F(Encoder, IntegerIntrinsics) {
  for (const Type& type : integer_types()) {
    for (const char* name :
         {"umin", "umax", "smin", "smax", "uadd.sat", "usub.sat", "sadd.sat", "ssub.sat"})
      check(call(name, type, 2));
    for (const char* name : {"ctpop", "bitreverse"}) check(call(name, type, 1));
    if (type.bits() % 16 == 0) check(call("bswap", type, 1));
    for (const char* name : {"abs", "ctlz", "cttz"})
      for (const char* poison : {"false", "true"})
        if (type.bits() > 1 || poison[0] == 'f')
          check(call(name, type, 1, fmt::format(", i1 {}", poison), ", i1"));
    for (const char* name : {"fshl", "fshr"}) check(call(name, type, 3));
    for (const char* name : {"ushl.sat", "sshl.sat"}) {
      Case c = call(name, type, 2);
      const auto at = c.body.rfind("%b");
      c.body.replace(at, 2, "%n");
      c.body =
          type.bits() == 1
              ? fmt::format("  %n = and {} %b, zeroinitializer\n", type.text()) + c.body
              : fmt::format("  %n = urem {} %b, {}\n", type.text(), type.splat(type.bits() - 1)) +
                    c.body;
      // In twice the width, cut off at the limits.
      const bool is_signed = name[0] == 's';
      const Type twice = type.with(fmt::format("i{}", 2 * type.bits()));
      const std::int64_t top = is_signed ? (std::int64_t{1} << (type.bits() - 1)) - 1 : -1;
      c.reference = fmt::format(
          "{0}  %x = {1}ext {2} %a to {3}\n  %y = zext {2} %n to {3}\n  %z = shl {3} %x, %y\n"
          "  %t = {1}ext {2} {4} to {3}\n  %l = {1}ext {2} {5} to {3}\n"
          "  %c1 = icmp {6}gt {3} %z, %t\n  %d = select {7} %c1, {3} %t, {3} %z\n"
          "  %c2 = icmp {6}lt {3} %d, %l\n  %e = select {7} %c2, {3} %l, {3} %d\n"
          "  %r = trunc {3} %e to {2}",
          c.body.substr(0, c.body.find('\n') + 1), is_signed ? "s" : "z", type.text(), twice.text(),
          type.splat(top), type.splat(is_signed ? -top - 1 : 0), is_signed ? "s" : "u",
          type.with("i1").text());
      check(c);
    }
    if (type.bits() <= 32 || type.bits() == 64)
      for (const char* name : {"uadd", "usub", "umul", "sadd", "ssub", "smul"}) {
        const std::string pair = fmt::format("{{{}, {}}}", type.text(), type.with("i1").text());
        const std::string full = fmt::format("@llvm.{}.with.overflow.{}", name, type.mangled());
        const std::string declaration =
            fmt::format("declare {} {}({}, {})", pair, full, type.text(), type.text());
        const std::string body =
            fmt::format("  %p = call {0} {1}({2} %a, {2} %b)\n  %r = extractvalue {0} %p, ", pair,
                        full, type.text());
        const std::string operation(name + 1);
        check({body + "0",
               {type, type},
               type,
               declaration,
               fmt::format("  %r = {} {} %a, %b", operation, type.text())});
        check({body + "1",
               {type, type},
               type.with("i1"),
               declaration,
               fmt::format("  %s = {1} {2} %a, %b\n  %x = {0}ext {2} %a to {3}\n"
                           "  %y = {0}ext {2} %b to {3}\n  %z = {1} {3} %x, %y\n"
                           "  %t = {0}ext {2} %s to {3}\n  %r = icmp ne {3} %t, %z",
                           name[0] == 'u' ? "z" : "s", operation, type.text(),
                           type.with("i130").text())});
      }
    for (const char* name : {"scmp", "ucmp"})
      for (const char* to : {"i2", "i8", "i32"}) {
        const Type result = type.with(to);
        const std::string full =
            fmt::format("@llvm.{}.{}.{}", name, result.mangled(), type.mangled());
        check({fmt::format("  %r = call {0} {1}({2} %a, {2} %b)", result.text(), full, type.text()),
               {type, type},
               result,
               fmt::format("declare {0} {1}({2}, {2})", result.text(), full, type.text())});
      }
  }
}

TEST_F(Encoder, FloatInstructionsAndIntrinsics) {
  for (const Type& type : float_types()) {
    const std::string t = type.text();
    for (const char* name : {"fadd", "fsub", "fmul", "fdiv", "frem"})
      check({fmt::format("  %r = {} {} %a, %b", name, t), {type, type}, type});
    check({fmt::format("  %r = fneg {} %a", t), {type}, type});
    for (const char* name :
         {"minnum", "maxnum", "minimum", "maximum", "minimumnum", "maximumnum", "copysign"})
      check(call(name, type, 2));
    check(call("fma", type, 3));
    Case magnitude = call("fabs", type, 1);
    const std::string bits = type.with(fmt::format("i{}", type.bits())).text();
    magnitude.reference = fmt::format(
        "  %i = bitcast {0} %a to {1}\n  %s = shl {1} %i, {2}\n  %m = lshr {1} %s, {2}\n"
        "  %r = bitcast {1} %m to {0}",
        t, bits, type.with(fmt::format("i{}", type.bits())).splat(1));
    check(magnitude);
    if (type.scalar != "bfloat")
      for (const char* name : {"floor", "ceil", "trunc", "rint", "nearbyint", "roundeven"})
        check(call(name, type, 1));
    if (type.scalar == "float" || type.scalar == "double") {
      Case root = call("sqrt", type, 1);  // LLVM folds none of negative numbers
      root.body.replace(root.body.rfind("%a"), 2, "%x");
      root.body =
          fmt::format("  %x = uitofp {} %a to {}\n", type.with("i48").text(), t) + root.body;
      root.operands = {type.with("i48")};
      check(root);
    }
    for (const int mask : {1, 2, 3, 4, 8, 16, 32, 64, 96, 128, 256, 512, 516, 504, 264, 1023, 0}) {
      const std::string full = "@llvm.is.fpclass." + type.mangled(), to = type.with("i1").text();
      check({fmt::format("  %r = call {} {}({} %a, i32 {})", to, full, t, mask),
             {type},
             type.with("i1"),
             fmt::format("declare {} {}({}, i32)", to, full, t)});
    }
  }
}

TEST_F(Encoder, Selects) {
  std::vector<Type> types = integer_types();
  for (const Type& type : float_types()) types.push_back(type);
  for (const Type& type : types) {
    check({fmt::format("  %r = select i1 %c, {0} %a, {0} %b", type.text()),
           {type, type, {"i1"}},
           type});
    check({fmt::format("  %r = select {1} %c, {0} %a, {0} %b", type.text(), type.with("i1").text()),
           {type, type, type.with("i1")},
           type});
    if (!std::has_single_bit(type.bits()) || type.bits() == 2) continue;
    check({fmt::format("  %p = insertvalue {{{0}, i1}} poison, {0} %a, 0\n"
                       "  %q = insertvalue {{{0}, i1}} poison, {0} %b, 0\n"
                       "  %p1 = insertvalue {{{0}, i1}} %p, i1 %c, 1\n"
                       "  %q1 = insertvalue {{{0}, i1}} %q, i1 true, 1\n"
                       "  %s = select i1 %c, {{{0}, i1}} %p1, {{{0}, i1}} %q1\n"
                       "  %r = extractvalue {{{0}, i1}} %s, 0",
                       type.text()),
           {type, type, {"i1"}},
           type});
  }
}

TEST_F(Encoder, ElementsOfVectors) {
  for (const char* scalar :
       {"i1", "i3", "i8", "i16", "i32", "i64", "half", "bfloat", "float", "double"})
    for (const unsigned count : {2u, 3u, 4u, 8u}) {
      const Type type{scalar, count}, one{scalar}, index{"i32"};
      const std::string t = type.text();
      check(
          {fmt::format(
               "  %r = shufflevector {0} %a, {0} %b, <4 x i32> <i32 {1}, i32 0, i32 poison, i32 1>",
               t, 2 * count - 1),
           {type, type},
           {scalar, 4}});
      check({fmt::format("  %r = shufflevector {0} %a, {0} poison, <1 x i32> <i32 1>", t),
             {type},
             {scalar, 1}});
      check({fmt::format("  %e = extractelement {0} %a, i32 1\n"
                         "  %r = insertelement {0} %b, {1} %e, i32 0",
                         t, scalar),
             {type, type},
             type});
      check({fmt::format("  %n = urem i32 %b, {1}\n  %r = extractelement {0} %a, i32 %n", t, count),
             {type, index},
             one});
      check({fmt::format("  %n = urem i32 %c, {1}\n  %r = insertelement {0} %a, {2} %b, i32 %n", t,
                         count, scalar),
             {type, one, index},
             type});
    }
}

TEST_F(Encoder, Reductions) {
  for (const char* scalar : {"i1", "i3", "i8", "i16", "i32", "i64"})
    for (const unsigned count : {1u, 2u, 3u, 4u, 8u, 13u}) {
      const Type type{scalar, count};
      for (const char* name : {"add", "mul", "and", "or", "xor", "smin", "smax", "umin", "umax"}) {
        const std::string full = fmt::format("@llvm.vector.reduce.{}.{}", name, type.mangled());
        check({fmt::format("  %r = call {} {}({} %a)", scalar, full, type.text()),
               {type},
               {scalar},
               fmt::format("declare {} {}({})", scalar, full, type.text())});
      }
    }
}

/// A vector looked at as one integer, of up to 1024 bits.
TEST_F(Encoder, ComparisonsOfWholeVectors) {
  for (const Type& type :
       {Type{"i1", 4}, Type{"i1", 8}, Type{"i1", 32}, Type{"i1", 64}, Type{"i1", 128},
        Type{"i1", 1024}, Type{"i8", 16}, Type{"i32", 8}, Type{"i64", 4}, Type{"i3", 4}}) {
    const unsigned bits = type.bits() * type.count;
    const std::string t = type.text();
    for (const char* name : {"eq", "ne"}) {
      // Rarely all alike by chance: so of one element, too.
      check(
          {fmt::format("  %v = bitcast {0} %a to i{1}\n  %r = icmp {2} i{1} %v, 0", t, bits, name),
           {type},
           {"i1"}});
      check({fmt::format("  %s = insertelement {0} poison, {3} %b, i32 0\n"
                         "  %w = shufflevector {0} %s, {0} poison, <{4} x i32> zeroinitializer\n"
                         "  %v = bitcast {0} %w to i{1}\n  %r = icmp {2} i{1} %v, {5}",
                         t, bits, name, type.scalar, type.count, -1),
             {type, {type.scalar}},
             {"i1"}});
      check({fmt::format("  %v = bitcast {0} %a to i{1}\n  %w = bitcast {0} %b to i{1}\n"
                         "  %r = icmp {2} i{1} %v, %w",
                         t, bits, name),
             {type, type},
             {"i1"}});
    }
  }
}

TEST_F(Encoder, Control) {
  for (const char* scalar : {"i2", "i3", "i8", "i16", "i32", "i64"})
    check({fmt::format(R"(  switch {0} %a, label %other [
    {0} 0, label %zero
    {0} 1, label %one
    {0} -2, label %zero
    {0} -1, label %join
  ]
zero:
  br label %join
one:
  br label %join
other:
  %o = mul i32 %b, 3
  br label %join
join:
  %r = phi i32 [ 7, %zero ], [ %b, %one ], [ %o, %other ], [ 11, {1} ])",
                       scalar, "%body"),
           {{scalar}, {"i32"}},
           {"i32"}});
  // A loop whose counter, sum and pair come round; the phis take each other's values.
  for (const char* scalar : {"i3", "i7", "i8", "i32", "i64"})
    check({fmt::format(R"(  br label %loop
loop:
  %n = phi i32 [ 0, %body ], [ %next, %loop ]
  %x = phi {0} [ %a, %body ], [ %y, %loop ]
  %y = phi {0} [ %b, %body ], [ %z, %loop ]
  %p = phi {{i32, i1}} [ zeroinitializer, %body ], [ %p1, %loop ]
  %z = add {0} %x, %y
  %next = add i32 %n, 1
  %p0 = insertvalue {{i32, i1}} %p, i32 %next, 0
  %p1 = insertvalue {{i32, i1}} %p0, i1 true, 1
  %more = icmp ult i32 %next, 5
  br i1 %more, label %loop, label %done
done:
  %r = sub {0} %x, %z)",
                       scalar),
           {{scalar}, {scalar}},
           {scalar}});
}

TEST_F(Encoder, Constants) {
  const Type i32{"i32"}, pair{"i32", 2}, four{"i16", 4};
  for (const char* body : {
           "  %r = xor <2 x i32> %a, bitcast (<1 x i64> splat (i64 2) to <2 x i32>)",
           "  %r = xor <2 x i32> %a, bitcast (double 1.5 to <2 x i32>)",
           "  %r = xor <2 x i32> %a, bitcast (<4 x i16> <i16 1, i16 -2, i16 3, i16 4> to <2 x "
           "i32>)",
           "  %r = xor <2 x i32> %a, <i32 bitcast (<2 x i16> <i16 1, i16 2> to i32), i32 5>",
           "  %r = xor <2 x i32> %a, zeroinitializer",
           "  %r = xor <2 x i32> %a, splat (i32 77)",
           "  %r = xor <2 x i32> %a, <i32 -1, i32 2>",
           "  %r = insertelement <2 x i32> poison, i32 4, i32 0",
           "  %r = select <2 x i1> <i1 true, i1 false>, <2 x i32> %a, <2 x i32> <i32 3, i32 undef>",
           "  %x = xor <2 x i32> %a, splat (i32 3)\n  %r = insertelement <2 x i32> %x, i32 "
           "bitcast (<2 x i16> splat (i16 9) to i32), i32 1",
       })
    check({body, {pair}, pair});
  // Of a phi, with one predecessor that comes by two ways.
  check({R"(  %odd = trunc i32 %a to i1
  br i1 %odd, label %one, label %join
one:
  switch i32 %a, label %two [
    i32 1, label %join
    i32 -1, label %join
  ]
two:
  br label %join
join:
  %r = phi <2 x i32> [ bitcast (<1 x i64> splat (i64 2) to <2 x i32>), %body ], [ bitcast (i64 4 to <2 x i32>), %one ], [ bitcast (i64 4 to <2 x i32>), %one ], [ zeroinitializer, %two ])",
         {i32},
         pair});
  check({"  %r = fadd <4 x half> %a, bitcast (i64 4323527940055498752 to <4 x half>)",
         {{"half", 4}},
         {"half", 4}});
  for (const char* value :
       {"half 0xH3C01", "bfloat 0xR3F81", "float 0x3FF0000020000000", "double 1.1"}) {
    const Type type{std::string(value).substr(0, std::string(value).find(' '))};
    check({fmt::format("  %r = fadd {} %a, {}", type.text(),
                       std::string(value).substr(type.text().size() + 1)),
           {type},
           type});
  }
}

}  // namespace
}  // namespace tegula::compiler
