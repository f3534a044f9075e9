#include "runtime/cache/directory.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstring>

#include <fmt/format.h>

namespace tegula::cache {
namespace {

FileSystem& system() { return FileSystem::current(); }

constexpr const char* temporary_prefix = "tmp-";
// Not blocking: opening a FIFO that somebody has put there must not wait for its other end.
constexpr int safely = O_NOFOLLOW | O_NONBLOCK;

bool write_all(int file, std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = system().write(file, bytes.data(), bytes.size());
    if (written < 0) return false;
    if (written == 0) {
      errno = EIO;
      return false;
    }
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

std::string temporary_name() {
  static std::atomic<std::uint64_t> count{0};
  return fmt::format("{}{}-{}-{:x}", temporary_prefix, ::getpid(), count.fetch_add(1),
                     std::chrono::steady_clock::now().time_since_epoch().count());
}

std::string describe(int problem) { return std::strerror(problem); }

}  // namespace

bool is_temporary(const std::string& name) { return name.starts_with(temporary_prefix); }

Directory::Directory(std::string path, Access access, bool shared)
    : path_(std::move(path)), access_(access), shared_(shared) {}

bool Directory::readable() { return open() >= State::readable; }
bool Directory::writable() { return open() == State::writable; }

std::string Directory::why() {
  const std::lock_guard lock(mutex_);
  return why_;
}

Directory::State Directory::open() {
  const std::lock_guard lock(mutex_);
  if (state_ == State::closed) state_ = open_now();
  return state_;
}

std::shared_ptr<const File> Directory::handle() {
  const std::lock_guard lock(mutex_);
  return directory_;
}

File Directory::open_file(const std::string& name, int flags) {
  const mode_t mode = shared_ ? 0660 : 0600;
  File file(system().open(handle()->get(), name.c_str(), flags | safely, mode));
  // Whatever this user's umask keeps from the group. Fails harmlessly for files of other users,
  // which have their mode.
  if (shared_ && file && (flags & O_CREAT) != 0) ::fchmod(file.get(), mode);
  return file;
}

bool Directory::trusted(const struct stat& status) const {
  if (shared_) return true;
  if (status.st_uid != ::geteuid() && (access_ == Access::write || status.st_uid != 0))
    return false;
  return (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Directory::State Directory::open_now() {
  if (path_.empty() || path_.front() != '/') {
    why_ = "not an absolute path";
    return State::refused;
  }
  if (access_ == Access::write) make_path();
  auto opened = std::make_shared<File>(
      system().open(AT_FDCWD, path_.c_str(), O_RDONLY | O_DIRECTORY | safely, 0));
  directory_ = std::make_shared<File>();
  struct stat status {};
  if (!*opened || system().stat(opened->get(), &status) != 0) {
    why_ = describe(errno);
    return State::refused;
  }
  if (!trusted(status)) {
    why_ = fmt::format(
        "it belongs to user {} with mode {:o}, so that others could plant kernels "
        "(TEGULA_CACHE_SHARED=1 says that they are trusted)",
        status.st_uid, status.st_mode & 07777);
    return State::refused;
  }
  directory_ = std::move(opened);
  why_.clear();
  if (access_ == Access::read) return State::readable;
  // The one sure way to know; a read-only mount shows in no mode bits.
  const std::string name = temporary_name();
  const File probe(
      system().open(directory_->get(), name.c_str(), O_WRONLY | O_CREAT | O_EXCL | safely, 0600));
  if (!probe) {
    why_ = describe(errno);
    return State::readable;
  }
  system().unlink(directory_->get(), name.c_str());
  return State::writable;
}

/// Every missing folder on the way, for this user alone. Failures show when the path is opened.
void Directory::make_path() {
  for (std::size_t slash = path_.find('/', 1); slash != std::string::npos;
       slash = path_.find('/', slash + 1))
    system().make_directory(path_.substr(0, slash).c_str(), 0700);
  // A shared one: what the group's members make in it belongs to the group.
  if (system().make_directory(path_.c_str(), 0700) == 0 && shared_) ::chmod(path_.c_str(), 02770);
}

bool Directory::reopen_after(int problem) {
  if (problem != ENOENT && problem != ESTALE) return false;
  const std::lock_guard lock(mutex_);
  state_ = open_now();
  return state_ == State::writable;
}

std::optional<format::Bytes> Directory::read(const std::string& name, std::int64_t* modified) {
  if (!readable()) return std::nullopt;
  const File file = open_file(name, O_RDONLY);
  struct stat status {};
  if (!file || system().stat(file.get(), &status) != 0) return std::nullopt;
  if (!S_ISREG(status.st_mode) || !trusted(status) || status.st_size > max_file_bytes)
    return std::nullopt;
  if (modified != nullptr) *modified = status.st_mtime;
  format::Bytes bytes(static_cast<std::size_t>(status.st_size));
  std::size_t at = 0;
  while (at < bytes.size()) {
    const ssize_t got = system().read(file.get(), bytes.data() + at, bytes.size() - at);
    if (got < 0) return std::nullopt;
    if (got == 0) break;  // shorter than it said: the checksum will tell
    at += static_cast<std::size_t>(got);
  }
  bytes.resize(at);
  return bytes;
}

bool Directory::publish(const std::string& name, std::span<const std::byte> bytes) {
  if (!writable()) {
    errno = EROFS;
    return false;
  }
  if (publish_once(name, bytes)) return true;
  // The whole directory is gone, or another process has just cleared it of our temporary.
  return reopen_after(errno) && publish_once(name, bytes);
}

bool Directory::publish_once(const std::string& name, std::span<const std::byte> bytes) {
  const std::string temporary = temporary_name();
  const File file = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (!file) return false;
  // No fsync: after a power cut a file may be empty or torn, its checksum is then wrong, and the
  // kernel is compiled again.
  if (write_all(file.get(), bytes) && rename(temporary, name)) return true;
  const int problem = errno;
  system().unlink(handle()->get(), temporary.c_str());
  errno = problem;
  return false;
}

bool Directory::remove(const std::string& name) {
  return writable() && system().unlink(handle()->get(), name.c_str()) == 0;
}

bool Directory::rename(const std::string& from, const std::string& to) {
  return writable() && system().rename(handle()->get(), from.c_str(), to.c_str()) == 0;
}

void Directory::touch(const std::string& name) {
  if (!writable()) return;
  const File file = open_file(name, O_RDONLY);
  if (file) system().touch(file.get());
}

bool Directory::append(const std::string& name, std::span<const std::byte> bytes) {
  if (!writable()) return false;
  const File file = open_file(name, O_WRONLY | O_CREAT | O_APPEND);
  return file && system().write(file.get(), bytes.data(), bytes.size()) ==
                     static_cast<ssize_t>(bytes.size());
}

File Directory::open_for_locking(const std::string& name) {
  if (!writable()) return File();
  return open_file(name, O_RDWR | O_CREAT);
}

std::vector<FileInfo> Directory::list() {
  std::vector<FileInfo> files;
  std::vector<std::string> names;
  if (!readable()) return files;
  system().list(handle()->get(), names);  // what it found before a failure counts
  for (std::string& name : names) {
    struct stat status {};
    if (system().stat_at(handle()->get(), name.c_str(), &status) != 0) continue;  // just removed
    if (!S_ISREG(status.st_mode)) continue;
    files.push_back({std::move(name), status.st_size, status.st_mtime});
  }
  return files;
}

}  // namespace tegula::cache
