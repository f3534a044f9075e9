// RUN: tegula-opt %s --split-input-file --verify-diagnostics -o /dev/null

func.func @print(%a: i32) {
  // expected-error @+1 {{has 5 values, more than 4}}
  tile.print "{} {} {} {} {}" %a, %a, %a, %a, %a : i32, i32, i32, i32, i32
  return
}
