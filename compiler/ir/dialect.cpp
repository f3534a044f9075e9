#include "compiler/ir/dialect.h"

#include <algorithm>
#include <bit>

#include "llvm/ADT/TypeSwitch.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

#include "compiler/ir/tile_dialect.cpp.inc"
#include "compiler/ir/tile_enums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "compiler/ir/tile_attributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "compiler/ir/tile_types.cpp.inc"
#define GET_OP_CLASSES
#include "compiler/ir/tile_ops.cpp.inc"

using namespace mlir;

namespace tegula::tile {

void TileDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "compiler/ir/tile_attributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "compiler/ir/tile_types.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "compiler/ir/tile_ops.cpp.inc"
      >();
}

namespace {

template <class Int>
void print_list(AsmPrinter& printer, llvm::ArrayRef<Int> values) {
  printer << '[';
  llvm::interleaveComma(values, printer.getStream(), [&](Int v) {
    if (std::is_signed_v<Int> && static_cast<std::int64_t>(v) == ShapedType::kDynamic) {
      printer << '?';
    } else {
      printer << static_cast<std::int64_t>(v);
    }
  });
  printer << ']';
}

template <class Int>
ParseResult parse_list(AsmParser& parser, llvm::SmallVector<Int>& values) {
  return parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, [&]() -> ParseResult {
    if (std::is_signed_v<Int> && succeeded(parser.parseOptionalQuestion())) {
      values.push_back(static_cast<Int>(ShapedType::kDynamic));
      return success();
    }
    return parser.parseInteger(values.emplace_back());
  });
}

template <class Int>
ParseResult parse_named_list(AsmParser& parser, llvm::StringRef name,
                             llvm::SmallVector<Int>& values) {
  return failure(parser.parseComma() || parser.parseKeyword(name) || parser.parseEqual() ||
                 parse_list(parser, values));
}

}  // namespace

//===--- #tile.layout -----------------------------------------------------------------------===//

void LayoutAttr::print(AsmPrinter& printer) const {
  printer << '<';
  const layout::Distributed& layout = getDistributed();
  print_list(printer, llvm::ArrayRef(layout.shape()));
  printer << ", register = ";
  print_list(printer, llvm::ArrayRef(layout.register_columns()));
  printer << ", lane = ";
  print_list(printer, llvm::ArrayRef(layout.lane_columns()));
  printer << ", warp = ";
  print_list(printer, llvm::ArrayRef(layout.warp_columns()));
  printer << '>';
}

Attribute LayoutAttr::parse(AsmParser& parser, Type) {
  llvm::SmallVector<int64_t> shape;
  llvm::SmallVector<uint32_t> registers, lanes, warps;
  if (parser.parseLess() || parse_list(parser, shape) ||
      parse_named_list(parser, "register", registers) || parse_named_list(parser, "lane", lanes) ||
      parse_named_list(parser, "warp", warps) || parser.parseGreater())
    return {};
  try {
    return get(
        parser.getContext(),
        layout::Distributed({shape.begin(), shape.end()}, {registers.begin(), registers.end()},
                            {lanes.begin(), lanes.end()}, {warps.begin(), warps.end()}, {}));
  } catch (const std::invalid_argument& error) {
    parser.emitError(parser.getNameLoc()) << error.what();
    return {};
  }
}

//===--- !tile.view -------------------------------------------------------------------------===//

double ViewType::getPad() const { return std::bit_cast<double>(getPadBits()); }
unsigned ViewType::dynamicExtents() const {
  return llvm::count(getExtents(), ShapedType::kDynamic);
}
unsigned ViewType::dynamicStrides() const {
  return llvm::count(getStrides(), ShapedType::kDynamic);
}
RankedTensorType ViewType::tileType() const {
  return RankedTensorType::get(getShape(), getElementType());
}

void ViewType::print(AsmPrinter& printer) const {
  printer << '<';
  for (int64_t extent : getShape()) printer << extent << 'x';
  printer << getElementType() << ", extents ";
  print_list(printer, getExtents());
  printer << ", strides ";
  print_list(printer, getStrides());
  printer << ", divisors ";
  print_list(printer, getDivisors());
  printer << ", align " << getAlignment();
  if (getInBounds()) printer << ", in_bounds";
  if (getPad() != 0) {
    printer << ", pad ";
    printer.printFloat(llvm::APFloat(getPad()));
  }
  printer << '>';
}

Type ViewType::parse(AsmParser& parser) {
  llvm::SmallVector<int64_t> shape, extents, strides, divisors;
  Type element;
  int64_t alignment = 1;
  bool in_bounds = false;
  double pad = 0;
  if (parser.parseLess() || parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(element) || parser.parseComma() || parser.parseKeyword("extents") ||
      parse_list(parser, extents) || parser.parseComma() || parser.parseKeyword("strides") ||
      parse_list(parser, strides) || parser.parseComma() || parser.parseKeyword("divisors") ||
      parse_list(parser, divisors) || parser.parseComma() || parser.parseKeyword("align") ||
      parser.parseInteger(alignment))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    if (succeeded(parser.parseOptionalKeyword("in_bounds"))) {
      in_bounds = true;
    } else if (parser.parseKeyword("pad") || parser.parseFloat(pad)) {
      return {};
    }
  }
  if (parser.parseGreater()) return {};
  return parser.getChecked<ViewType>(parser.getContext(), shape, element, extents, strides,
                                     divisors, alignment, in_bounds, std::bit_cast<int64_t>(pad));
}

LogicalResult ViewType::verify(llvm::function_ref<InFlightDiagnostic()> emit_error,
                               llvm::ArrayRef<int64_t> shape, Type element,
                               llvm::ArrayRef<int64_t> extents, llvm::ArrayRef<int64_t> strides,
                               llvm::ArrayRef<int64_t> divisors, int64_t alignment, bool, int64_t) {
  if (!element.isIntOrFloat()) return emit_error() << "a view holds numbers, not " << element;
  if (extents.size() != shape.size() || strides.size() != shape.size() ||
      divisors.size() != shape.size())
    return emit_error() << "a view of rank " << shape.size() << " has " << extents.size()
                        << " extents, " << strides.size() << " strides and " << divisors.size()
                        << " divisors";
  if (alignment <= 0 || !llvm::isPowerOf2_64(static_cast<uint64_t>(alignment)))
    return emit_error() << "the alignment " << alignment << " is not a power of two";
  return success();
}

}  // namespace tegula::tile
