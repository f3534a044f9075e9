// tegula-opt: runs the project's passes, by name, on a file of MLIR. For tests and debugging.
#include "compiler/driver/pipeline.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char** argv) {
  mlir::DialectRegistry registry;
  tegula::compiler::register_dialects(registry);
  tegula::compiler::register_passes();
  mlir::registerTransformsPasses();
  return mlir::asMainReturnCode(
      mlir::MlirOptMain(argc, argv, "Tegula's optimiser driver\n", registry));
}
