#include <kots_export/util/error.h>
#include <kots_export/util/gzip.h>
#include <kots_export/util/text.h>

#include <algorithm>
#include <array>
#include <limits>

#include <zlib.h>

namespace kots_export::util {

namespace {

// zlib's window size for the gzip format: 15 bits, plus 16 for gzip instead of zlib headers.
constexpr int kGzipWindow = 15 + 16;
constexpr std::size_t kChunk = 64 * 1024;

// zlib's stream, ended by whichever function began it.
struct Stream {
  explicit Stream(int (*stop)(z_stream*)) : end(stop) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { end(&z); }

  void feed(std::string_view bytes) {
    // zlib never writes to its input; its interface is older than const.
    z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    z.avail_in = static_cast<uInt>(bytes.size());
  }

  z_stream z{};
  int (*end)(z_stream*);
};

void require_small_enough(std::string_view bytes) {
  if (bytes.size() > std::numeric_limits<uInt>::max())
    throw Error("more than 4 GiB to compress or inflate at once");
}

}  // namespace

bool is_gzip(std::string_view bytes) { return bytes.starts_with("\x1f\x8b\x08"); }

std::string gunzip(std::string_view bytes, std::size_t limit) {
  require_small_enough(bytes);
  Stream stream(inflateEnd);
  if (inflateInit2(&stream.z, kGzipWindow) != Z_OK) throw Error("cannot inflate", "out of memory");
  stream.feed(bytes);
  std::string out;
  std::array<char, kChunk> chunk{};
  for (int result = Z_OK; result != Z_STREAM_END;) {
    stream.z.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.z.avail_out = static_cast<uInt>(chunk.size());
    result = inflate(&stream.z, Z_NO_FLUSH);
    out.append(chunk.data(), chunk.size() - stream.z.avail_out);
    if (out.size() > limit)
      throw Error(filled("gzip data inflates to more than {count} bytes", {{"count", limit}}));
    if (result == Z_BUF_ERROR || (result == Z_OK && stream.z.avail_in == 0 && stream.z.avail_out != 0)) {
      throw Error("gzip data is cut short");
    }
    if (result != Z_OK && result != Z_STREAM_END) throw Error("gzip data is damaged");
  }
  return out;
}

std::string gzip(std::string_view bytes) {
  require_small_enough(bytes);
  Stream stream(deflateEnd);
  constexpr int kMemoryLevel = 8;  // zlib's default
  if (deflateInit2(&stream.z, Z_BEST_COMPRESSION, Z_DEFLATED, kGzipWindow, kMemoryLevel,
                   Z_DEFAULT_STRATEGY) != Z_OK) {
    throw Error("cannot compress", "out of memory");
  }
  stream.feed(bytes);
  std::string out;
  std::array<char, kChunk> chunk{};
  for (int result = Z_OK; result != Z_STREAM_END;) {
    stream.z.next_out = reinterpret_cast<Bytef*>(chunk.data());
    stream.z.avail_out = static_cast<uInt>(chunk.size());
    result = deflate(&stream.z, Z_FINISH);
    out.append(chunk.data(), chunk.size() - stream.z.avail_out);
  }
  return out;
}

}  // namespace kots_export::util
