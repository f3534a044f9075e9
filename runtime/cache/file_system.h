// The system calls that the cache makes, behind one interface, so that a test can make the N-th one
// fail.
#pragma once

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace tegula::cache {

/// Each member is the system call of that name: -1 and errno on failure. It retries on EINTR.
class FileSystem {
 public:
  virtual ~FileSystem() = default;
  virtual int open(int directory, const char* name, int flags, mode_t mode);
  virtual ssize_t read(int file, void* data, std::size_t bytes);
  virtual ssize_t write(int file, const void* data, std::size_t bytes);
  virtual int stat(int file, struct stat* result);
  virtual int stat_at(int directory, const char* name, struct stat* result);  ///< follows no link
  virtual int make_directory(const char* path, mode_t mode);
  virtual int rename(int directory, const char* from, const char* to);
  virtual int unlink(int directory, const char* name);
  virtual int touch(int file);  ///< sets the modification time to now
  /// Locks one byte for this open file (F_OFD_SETLK): released when its descriptor is closed.
  virtual int lock(int file, off_t byte);
  virtual int list(int directory, std::vector<std::string>& names);  ///< without "." and ".."
  virtual void close(int file);

  /// The one in use: the machine's, or a test's.
  static FileSystem& current();
  /// Returns the one before. Null restores the machine's.
  static FileSystem* replace(FileSystem* other);
};

/// A descriptor, closed on every path.
class File {
 public:
  File() = default;
  explicit File(int descriptor) : descriptor_(descriptor) {}
  File(File&& other) noexcept : descriptor_(other.release()) {}
  File& operator=(File&& other) noexcept {
    std::swap(descriptor_, other.descriptor_);
    return *this;
  }
  ~File() {
    if (descriptor_ >= 0) FileSystem::current().close(descriptor_);
  }
  explicit operator bool() const { return descriptor_ >= 0; }
  int get() const { return descriptor_; }
  int release() {
    const int descriptor = descriptor_;
    descriptor_ = -1;
    return descriptor;
  }

 private:
  int descriptor_ = -1;
};

}  // namespace tegula::cache
