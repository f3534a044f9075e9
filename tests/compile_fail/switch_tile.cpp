// expect: default type conversion cannot deduce.*tegula::Tile::operator B|switch quantity not an integer|requires expression of integer
// Tile has no value on the host
#include "tegula/dsl.h"
using namespace tegula;
struct Cfg {
  int bn = 64;
};
void k(const Cfg&, In x) {
  switch (x.dim(0)) {
    case 1:
      break;
  }
}
