// The references of the library's ops, each of which one file of this folder has.
#pragma once

#include "tegula/reference.h"

namespace tegula::reference {

Outputs cross_entropy(const Call& call, Precision precision);
Outputs cross_entropy_bwd(const Call& call, Precision precision);
Outputs dropout(const Call& call, Precision precision);
Outputs dropout_bwd(const Call& call, Precision precision);
Outputs dropout_mask(const Call& call, Precision precision);
Outputs log_softmax(const Call& call, Precision precision);
Outputs log_softmax_bwd(const Call& call, Precision precision);
Outputs norm(const Call& call, Precision precision);  ///< of all norms' functions
Outputs norm_bwd(const Call& call, Precision precision);
Outputs rotary(const Call& call, Precision precision);
Outputs rotary_bwd(const Call& call, Precision precision);
Outputs softmax(const Call& call, Precision precision);
Outputs softmax_bwd(const Call& call, Precision precision);
Outputs swiglu(const Call& call, Precision precision);
Outputs swiglu_bwd(const Call& call, Precision precision);

}  // namespace tegula::reference
