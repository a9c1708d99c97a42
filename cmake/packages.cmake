# Debian packages: `cpack -G DEB` in a tree for /usr with a shared library. tools/deb makes such a tree, builds and packs it.
set(MYCELIUM_DEBIAN_RELEASE 1 CACHE STRING "The packages are VERSION-THIS; raise it to package the same version again")
set(MYCELIUM_MAINTAINER "Mycelium developers <mycelium@localhost>" CACHE STRING "Who answers for the packages")
set(debian_version ${PROJECT_VERSION}-${MYCELIUM_DEBIAN_RELEASE})
set(CPACK_PACKAGE_CONTACT "${MYCELIUM_MAINTAINER}")

set(CPACK_PACKAGE_NAME mycelium)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_OUTPUT_FILE_PREFIX ${PROJECT_BINARY_DIR}/packages)
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
    OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)
set(CPACK_COMPONENTS_ALL library development)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE ${MYCELIUM_DEBIAN_RELEASE})
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_LIBRARY_OUTPUT_DIRECTORY})
# A packaged program depends on this very version: below 1.0 the next one may have other symbols.
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY "=")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "")  # each package has its own

# Programs use more of the library than its headers promise, so the version has to be the very same.
set(same_library "libmycelium${PROJECT_VERSION_MAJOR} (= ${debian_version})")

set(what_it_is
"Publish and subscribe, ask and answer, between threads, processes and hosts:
over shared memory, unix sockets and tcp, chosen by URL alone.
.
")
# package(COMPONENT NAME SECTION DEPENDS SUMMARY DESCRIPTION)
macro(package component name section depends summary description)
    string(TOUPPER ${component} key)
    set(CPACK_DEBIAN_${key}_PACKAGE_NAME ${name})
    set(CPACK_DEBIAN_${key}_PACKAGE_SECTION ${section})
    set(CPACK_DEBIAN_${key}_PACKAGE_DEPENDS "${depends}")
    set(CPACK_DEBIAN_${key}_DESCRIPTION "${summary}\n${description}")
    install(FILES packaging/copyright ${changelogs} DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${name} COMPONENT ${component})
endmacro()

# SOURCE_DATE_EPOCH, if it is set, is the date of what is made here.
string(TIMESTAMP packaged_at "%a, %d %b %Y %H:%M:%S +0000" UTC)
set(changelogs ${PROJECT_BINARY_DIR}/changelog.gz ${PROJECT_BINARY_DIR}/changelog.Debian.gz)
configure_file(packaging/changelog.in ${PROJECT_BINARY_DIR}/changelog.Debian @ONLY)
configure_file(CHANGELOG.md ${PROJECT_BINARY_DIR}/changelog COPYONLY)
execute_process(COMMAND gzip -9nfk changelog changelog.Debian WORKING_DIRECTORY ${PROJECT_BINARY_DIR} COMMAND_ERROR_IS_FATAL ANY)

package(library libmycelium${PROJECT_VERSION_MAJOR} libs ""
    "messages between services (library)"
    "${what_it_is}This is the shared library that programs built with libmycelium-dev need.")
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${PROJECT_SOURCE_DIR}/packaging/triggers)

package(development libmycelium-dev libdevel "${same_library}, libc6-dev"
    "messages between services (development files)"
    "${what_it_is}This package has the headers, a CMake package, a pkg-config file, and the
suite that a transport of one's own has to pass.")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "cmake, pkg-config, libgtest-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SHLIBDEPS OFF)

if(TARGET mycelium_documents)
    list(APPEND CPACK_COMPONENTS_ALL command)
    package(command mycelium net "${same_library}"
        "messages between services (command)"
        "${what_it_is}This package has the mycelium command, which sends, receives, asks, answers,
measures, and shows what runs, with its manual pages, its completion for bash,
zsh and fish, and a systemd unit for fabrics of services.")
    set(CPACK_DEBIAN_COMMAND_PACKAGE_CONTROL_EXTRA
        ${PROJECT_SOURCE_DIR}/packaging/postinst ${PROJECT_SOURCE_DIR}/packaging/prerm ${PROJECT_SOURCE_DIR}/packaging/postrm)
    install(FILES packaging/mycelium@.service DESTINATION lib/systemd/system COMPONENT command)
    install(FILES packaging/sysusers.conf DESTINATION lib/sysusers.d RENAME mycelium.conf COMPONENT command)
    install(DIRECTORY docs/guide docs/formats docs/operations DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/mycelium COMPONENT command)
endif()

if(TARGET mycelium-trading)
    list(APPEND CPACK_COMPONENTS_ALL examples)
    package(examples mycelium-examples misc "${same_library}"
        "messages between services (examples)"
        "${what_it_is}This package has mycelium-trading, a small trading pipeline of several
processes with a live table, and the sources of all examples.")
    set(CPACK_DEBIAN_EXAMPLES_PACKAGE_SUGGESTS "libmycelium-dev")
    install(DIRECTORY examples DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/mycelium-examples COMPONENT examples)
endif()

include(CPack)
