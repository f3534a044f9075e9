// A file system whose N-th call fails.
#pragma once

#include <cerrno>

#include "runtime/cache/file_system.h"

namespace tegula::testing {

class FailingFileSystem final : public cache::FileSystem {
 public:
  enum class Lasts : std::uint8_t { once, for_good };
  /// Calls are counted from 1; 0: none fails.
  FailingFileSystem(int nth, Lasts lasts, int error) : nth_(nth), lasts_(lasts), error_(error) {
    before_ = replace(this);
  }
  ~FailingFileSystem() override { replace(before_); }

  int calls() const { return calls_; }
  bool failed() const { return failed_; }

  int open(int directory, const char* name, int flags, mode_t mode) override {
    return fails() ? -1 : FileSystem::open(directory, name, flags, mode);
  }
  ssize_t read(int file, void* data, std::size_t bytes) override {
    return fails() ? -1 : FileSystem::read(file, data, bytes);
  }
  ssize_t write(int file, const void* data, std::size_t bytes) override {
    if (!fails()) return FileSystem::write(file, data, bytes);
    // A full disk takes what still fits.
    if (error_ == ENOSPC && bytes > 1) FileSystem::write(file, data, bytes / 2);
    errno = error_;
    return -1;
  }
  int stat(int file, struct stat* result) override {
    return fails() ? -1 : FileSystem::stat(file, result);
  }
  int stat_at(int directory, const char* name, struct stat* result) override {
    return fails() ? -1 : FileSystem::stat_at(directory, name, result);
  }
  int make_directory(const char* path, mode_t mode) override {
    return fails() ? -1 : FileSystem::make_directory(path, mode);
  }
  int rename(int directory, const char* from, const char* to) override {
    return fails() ? -1 : FileSystem::rename(directory, from, to);
  }
  int unlink(int directory, const char* name) override {
    return fails() ? -1 : FileSystem::unlink(directory, name);
  }
  int touch(int file) override { return fails() ? -1 : FileSystem::touch(file); }
  int lock(int file, off_t byte) override { return fails() ? -1 : FileSystem::lock(file, byte); }
  int list(int directory, std::vector<std::string>& names) override {
    return fails() ? -1 : FileSystem::list(directory, names);
  }

 private:
  bool fails() {
    ++calls_;
    const bool now = nth_ > 0 && (lasts_ == Lasts::once ? calls_ == nth_ : calls_ >= nth_);
    if (!now) return false;
    failed_ = true;
    errno = error_;
    return true;
  }
  const int nth_;
  const Lasts lasts_;
  const int error_;
  int calls_ = 0;
  bool failed_ = false;
  FileSystem* before_ = nullptr;
};

}  // namespace tegula::testing
