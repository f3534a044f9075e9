#include "runtime/cache/file_system.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>

namespace tegula::cache {
namespace {

template <class Call>
auto again(Call call) {
  auto result = call();
  while (result < 0 && errno == EINTR) result = call();
  return result;
}

std::atomic<FileSystem*> replacement{nullptr};

}  // namespace

int FileSystem::open(int directory, const char* name, int flags, mode_t mode) {
  return again([&] { return ::openat(directory, name, flags | O_CLOEXEC, mode); });
}
ssize_t FileSystem::read(int file, void* data, std::size_t bytes) {
  return again([&] { return ::read(file, data, bytes); });
}
ssize_t FileSystem::write(int file, const void* data, std::size_t bytes) {
  return again([&] { return ::write(file, data, bytes); });
}
int FileSystem::stat(int file, struct stat* result) { return ::fstat(file, result); }
int FileSystem::stat_at(int directory, const char* name, struct stat* result) {
  return ::fstatat(directory, name, result, AT_SYMLINK_NOFOLLOW);
}
int FileSystem::make_directory(const char* path, mode_t mode) { return ::mkdir(path, mode); }
int FileSystem::rename(int directory, const char* from, const char* to) {
  return ::renameat(directory, from, directory, to);
}
int FileSystem::unlink(int directory, const char* name) { return ::unlinkat(directory, name, 0); }
int FileSystem::touch(int file) { return ::futimens(file, nullptr); }
int FileSystem::lock(int file, off_t byte) {
  struct flock range {};
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  range.l_start = byte;
  range.l_len = 1;
  return again([&] { return ::fcntl(file, F_OFD_SETLK, &range); });
}

int FileSystem::list(int directory, std::vector<std::string>& names) {
  // A descriptor of its own: closedir closes it, and two listings do not share a position.
  const int own =
      again([&] { return ::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); });
  if (own < 0) return -1;
  DIR* stream = ::fdopendir(own);
  if (stream == nullptr) {
    ::close(own);
    return -1;
  }
  errno = 0;
  while (const dirent* entry = ::readdir(stream))
    if (std::strcmp(entry->d_name, ".") != 0 && std::strcmp(entry->d_name, "..") != 0)
      names.emplace_back(entry->d_name);
  const int problem = errno;
  ::closedir(stream);
  errno = problem;
  return problem == 0 ? 0 : -1;
}

void FileSystem::close(int file) { ::close(file); }

FileSystem& FileSystem::current() {
  static auto* machine = new FileSystem;  // never destroyed: kernels may be wanted at exit
  FileSystem* other = replacement.load(std::memory_order_acquire);
  return other != nullptr ? *other : *machine;
}

FileSystem* FileSystem::replace(FileSystem* other) { return replacement.exchange(other); }

}  // namespace tegula::cache
