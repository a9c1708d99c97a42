#include "host/os/error.h"

#include <cerrno>
#include <cstring>

namespace mycelium::os {

Errc code_of(int error_number) noexcept {
    switch (error_number) {
        case EACCES:
        case EPERM:
        case EROFS:
            return Errc::denied;
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case ENOBUFS:
        case ENOSPC:
        case EDQUOT:
        case EADDRNOTAVAIL:
        case EFBIG:
        case ETOOMANYREFS:
            return Errc::overloaded;
        case EINVAL:
        case ENOTDIR:
        case EISDIR:
        case ELOOP:
        case EEXIST:
        case EBADF:
        case ENAMETOOLONG:
            return Errc::invalid;
        case ENOSYS:
        case EAFNOSUPPORT:
        case EPROTONOSUPPORT:
        case EOPNOTSUPP:
        case EPROTOTYPE:
            return Errc::unsupported;
        case ETIMEDOUT:
        case EAGAIN:
        case ENOENT:
        case EADDRINUSE:
        case ECONNREFUSED:
        case ECONNRESET:
        case ECONNABORTED:
        case EPIPE:
        case ENETDOWN:
        case ENETUNREACH:
        case EHOSTDOWN:
        case EHOSTUNREACH:
            return Errc::unavailable;
        default:
            return Errc::internal;
    }
}

std::string error_text(int error_number) {
    const char* text = ::strerrordesc_np(error_number);  // in no locale, and safe among threads
    return text != nullptr ? text : "error " + std::to_string(error_number);
}

Error error_from(int error_number, std::string what) {
    what += ": ";
    what += error_text(error_number);
    if (error_number == EMFILE) what += " in this process: raise its limit (ulimit -n)";
    if (error_number == ENFILE) what += " on this machine: raise fs.file-max";
    return {code_of(error_number), std::move(what), error_number};
}

Error forked() { return {Errc::closed, "forked"}; }

}  // namespace mycelium::os
