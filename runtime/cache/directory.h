// One directory of the cache: opened once, trusted only if it is ours, and from then on used only
// through its descriptor.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "runtime/cache/file_system.h"
#include "runtime/format/bytes.h"

namespace tegula::cache {

/// A file larger than this is not one of our kernels.
inline constexpr std::int64_t max_file_bytes = std::int64_t{256} << 20;

struct FileInfo {
  std::string name;
  std::int64_t bytes = 0;
  std::int64_t modified = 0;  ///< seconds since 1970; decides what is evicted first, never validity
};

class Directory {
 public:
  enum class Access : std::uint8_t { read, write };
  /// Opens nothing yet. The path may be a link that belongs to this user. `shared`: its group may
  /// write it as well (trust.h).
  Directory(std::string path, Access access, bool shared);

  const std::string& path() const { return path_; }
  /// Whether files can be read (written) there; the first call opens the directory, and makes it if
  /// it is to be written. If not, why() has the reason.
  bool readable();
  bool writable();
  /// Whether the reason is that there is no directory.
  bool absent();
  std::string why();

  /// A whole file; nothing if there is none, or it may not be trusted: a link, another user's file,
  /// not a regular file, too large. `modified` receives its time, `refusal` why an existing file is
  /// not read.
  std::optional<format::Bytes> read(const std::string& name, std::int64_t* modified = nullptr,
                                    std::string* refusal = nullptr);
  /// Why read() would not read that file; "" if it would, or if there is none.
  std::string refusal(const std::string& name);
  /// Writes all the bytes under `name`, or nothing at all; replaces what was there. On failure
  /// returns false; errno says why.
  bool publish(const std::string& name, std::span<const std::byte> bytes);
  bool remove(const std::string& name);
  bool rename(const std::string& from, const std::string& to);
  /// Notes that a file was used.
  void touch(const std::string& name);
  /// Appends to a file in one write; makes it if it is not there. Returns its size in bytes after
  /// that; nothing on failure.
  std::optional<std::int64_t> append(const std::string& name, std::span<const std::byte> bytes);
  /// Opens a file for locking, making it if it is not there.
  File open_for_locking(const std::string& name);
  /// All files, in no particular order.
  std::vector<FileInfo> list();

 private:
  enum class State : std::uint8_t { closed, absent, refused, readable, writable };
  State open();
  State open_now();
  void make_path();
  /// As read(). Returns no file if there is none, or if it is refused; then `why` is not "".
  File open_trusted(const std::string& name, struct stat& status, std::string& why);
  /// Opens the directory anew, once, if it was removed or its server lost the handle.
  bool reopen_after(int problem);
  /// Shared: another thread may open the directory anew meanwhile.
  std::shared_ptr<const File> handle();
  File open_file(const std::string& name, int flags);
  bool publish_once(const std::string& name, std::span<const std::byte> bytes);

  std::string path_;
  Access access_;
  bool shared_;
  std::mutex mutex_;  ///< guards the rest
  State state_ = State::closed;
  std::string why_;
  std::shared_ptr<const File> directory_ = std::make_shared<File>();
};

/// Left behind by a writer that was killed.
bool is_temporary(const std::string& name);

}  // namespace tegula::cache
