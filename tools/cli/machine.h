// What `tegula doctor` finds out about the machine.
#pragma once

#include <string>
#include <vector>

namespace tegula::cli {

/// A library or program that Tegula opens at run time.
struct Component {
  std::string name;
  bool found = false;
  std::string version;  ///< "" if it does not say
  std::string detail;   ///< where it is, or why it cannot be used
};

struct Variable {
  std::string name, value;
  bool set = false;     ///< value comes from the environment, else it is the default
  bool read = true;     ///< false: reserved, this version does nothing with it
  std::string problem;  ///< what is wrong with the value; launches throw it
};

/// What is missing, and how to get it.
struct Lack {
  std::string what, remedy;
};

struct Machine {
  std::vector<Component> devices;  ///< by the name that --device takes
  Component driver, nvrtc, compiler, compiler_process;
  std::vector<Component> assemblers;  ///< the preferred one first
  std::vector<Variable> environment;  ///< those of the command line's contract
  std::vector<Lack> missing;
};

/// Opens nothing for longer than the look takes. Never throws for something that is not there.
Machine inspect_machine();

}  // namespace tegula::cli
