#include "runtime/cache/directory.h"

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <climits>
#include <cstring>

#include <fmt/format.h>

#include "runtime/cache/trust.h"

namespace tegula::cache {
namespace {

FileSystem& system() { return FileSystem::current(); }

constexpr const char* temporary_prefix = "tmp-";
// Not blocking: opening a FIFO that somebody has put there must not wait for its other end.
constexpr int safely = O_NOFOLLOW | O_NONBLOCK;
constexpr mode_t shared_folder = 02770;  // files that members make in it belong to the group
constexpr int most_links = 8;

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

/// Opens the directory at that path, which may be a link: the owner that counts is that of its
/// target. A link that belongs to another user is not followed. On failure sets errno and `why`.
File open_directory(const std::string& path, std::string& why, int links = most_links) {
  File opened(system().open(AT_FDCWD, path.c_str(), O_RDONLY | O_DIRECTORY | safely, 0));
  const int problem = errno;
  why = opened ? "" : describe(problem);
  if (opened || (problem != ENOTDIR && problem != ELOOP)) return opened;
  const File link(system().open(AT_FDCWD, path.c_str(), O_PATH | O_NOFOLLOW, 0));
  struct stat status {};
  if (!link || system().stat(link.get(), &status) != 0 || !S_ISLNK(status.st_mode)) {
    errno = problem;
    return File();
  }
  char text[PATH_MAX];
  const ssize_t size = ::readlinkat(link.get(), "", text, sizeof text);
  if (size <= 0 || links == 0 || !is_ours(status)) {
    why = links == 0 ? "too many links, one to the other"
                     : fmt::format("it is a link that belongs to user {}", status.st_uid);
    errno = ELOOP;
    return File();
  }
  std::string target(text, static_cast<std::size_t>(size));
  if (target.front() != '/') target = path.substr(0, path.rfind('/') + 1) + target;
  opened = open_directory(target, why, links - 1);
  if (!opened) why = fmt::format("it is a link to {}: {}", target, why);
  return opened;
}

}  // namespace

bool is_temporary(const std::string& name) { return name.starts_with(temporary_prefix); }

Directory::Directory(std::string path, Access access, bool shared)
    : path_(std::move(path)), access_(access), shared_(shared) {}

bool Directory::readable() { return open() >= State::readable; }
bool Directory::writable() { return open() == State::writable; }
bool Directory::absent() { return open() == State::absent; }

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
  // Adds the group's rights that this user's umask removed. Fails harmlessly for other users'
  // files, which have their mode already.
  if (shared_ && file && (flags & O_CREAT) != 0) ::fchmod(file.get(), mode);
  return file;
}

Directory::State Directory::open_now() {
  if (path_.empty() || path_.front() != '/') {
    why_ = "not an absolute path";
    return State::refused;
  }
  if (access_ == Access::write) make_path();
  directory_ = std::make_shared<File>();
  auto opened = std::make_shared<File>(open_directory(path_, why_));
  if (!*opened) return errno == ENOENT ? State::absent : State::refused;
  struct stat status {};
  why_ = system().stat(opened->get(), &status) != 0 ? describe(errno) : distrust(status, shared_);
  if (!why_.empty()) return State::refused;
  directory_ = std::move(opened);
  if (access_ == Access::read) return State::readable;
  // Writing a file is the only sure test: mode bits do not show a read-only mount.
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

/// Makes every missing folder of the path, for this user alone, or for the group as well. Failures
/// show when the path is opened.
void Directory::make_path() {
  const auto make = [&](const std::string& folder) {
    if (system().make_directory(folder.c_str(), shared_ ? 0770 : 0700) != 0 || !shared_) return;
    // Adds the group's rights that this user's umask removed. By descriptor, and only for this
    // user's folder: the name may lead elsewhere by now.
    const File made(system().open(AT_FDCWD, folder.c_str(), O_RDONLY | O_DIRECTORY | safely, 0));
    struct stat status {};
    if (made && system().stat(made.get(), &status) == 0 && status.st_uid == ::geteuid())
      ::fchmod(made.get(), shared_folder);
  };
  for (std::size_t slash = path_.find('/', 1); slash != std::string::npos;
       slash = path_.find('/', slash + 1))
    make(path_.substr(0, slash));
  make(path_);
}

bool Directory::reopen_after(int problem) {
  if (problem != ENOENT && problem != ESTALE) return false;
  const std::lock_guard lock(mutex_);
  state_ = open_now();
  return state_ == State::writable;
}

File Directory::open_trusted(const std::string& name, struct stat& status, std::string& why) {
  why.clear();
  if (!readable()) return File();
  File file = open_file(name, O_RDONLY);
  if (!file || system().stat(file.get(), &status) != 0) {
    if (errno == ENOENT || errno == ESTALE) return File();  // no such file, or no longer
    why = errno == ELOOP ? "it is a link" : describe(errno);
    if (!file && errno == EACCES && system().stat_at(handle()->get(), name.c_str(), &status) == 0)
      why += fmt::format(" (user {}, group {}, mode {:o})", status.st_uid, status.st_gid,
                         status.st_mode & 07777);
  } else if (!S_ISREG(status.st_mode)) {
    why = "it is no ordinary file";
  } else if (status.st_size > max_file_bytes) {
    why = fmt::format("it has {} bytes, more than any kernel", status.st_size);
  } else {
    why = distrust(status, shared_);
  }
  return why.empty() ? std::move(file) : File();
}

std::string Directory::refusal(const std::string& name) {
  std::string why;
  struct stat status {};
  open_trusted(name, status, why);
  return why;
}

std::optional<format::Bytes> Directory::read(const std::string& name, std::int64_t* modified,
                                             std::string* refusal) {
  std::string why;
  struct stat status {};
  const File file = open_trusted(name, status, why);
  if (refusal != nullptr) *refusal = why;
  if (!file) return std::nullopt;
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
  // The whole directory is gone, or another process has just removed our temporary file.
  return reopen_after(errno) && publish_once(name, bytes);
}

bool Directory::publish_once(const std::string& name, std::span<const std::byte> bytes) {
  const std::string temporary = temporary_name();
  const File file = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL);
  if (!file) return false;
  // No fsync: after a power cut a file may be empty or torn. Its checksum is then wrong, and the
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

std::optional<std::int64_t> Directory::append(const std::string& name,
                                              std::span<const std::byte> bytes) {
  if (!writable()) return std::nullopt;
  const File file = open_file(name, O_WRONLY | O_CREAT | O_APPEND);
  struct stat status {};
  if (!file ||
      system().write(file.get(), bytes.data(), bytes.size()) !=
          static_cast<ssize_t>(bytes.size()) ||
      system().stat(file.get(), &status) != 0)
    return std::nullopt;
  return status.st_size;
}

File Directory::open_for_locking(const std::string& name) {
  if (!writable()) return File();
  return open_file(name, O_RDWR | O_CREAT);
}

std::vector<FileInfo> Directory::list() {
  std::vector<FileInfo> files;
  std::vector<std::string> names;
  if (!readable()) return files;
  system().list(handle()->get(), names);  // after a failure, the names found so far
  for (std::string& name : names) {
    struct stat status {};
    if (system().stat_at(handle()->get(), name.c_str(), &status) != 0) continue;  // just removed
    if (!S_ISREG(status.st_mode)) continue;
    files.push_back({std::move(name), status.st_size, status.st_mtime});
  }
  return files;
}

}  // namespace tegula::cache
