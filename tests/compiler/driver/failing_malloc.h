// A heap whose N-th allocation fails, as LLVM's own allocations see it: below operator new.
#pragma once

/// The `nth` allocation from here on fails, counted from 1; 0: none does.
void fail_allocation(long nth);
/// How many have been asked for since.
long allocations_asked();
