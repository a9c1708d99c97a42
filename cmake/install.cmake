# What a user's machine gets: headers, library, command, a CMake package, a pkg-config file and the conformance suite.
# A component is a package: library, development, command, examples.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/mycelium)
install(TARGETS mycelium EXPORT mycelium-targets
        LIBRARY COMPONENT library NAMELINK_COMPONENT development
        ARCHIVE COMPONENT development)
if(MYCELIUM_LTO AND NOT BUILD_SHARED_LIBS)
    # Only this very compiler could read it, and each program would take its time to link.
    install(CODE "execute_process(COMMAND \"${CMAKE_OBJCOPY}\" -R .gnu.lto_* -R .gnu.debuglto_* -N __gnu_lto_v1 \"\$ENV{DESTDIR}\${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_LIBDIR}/libmycelium.a\" COMMAND_ERROR_IS_FATAL ANY)"
            COMPONENT development)
endif()
install(DIRECTORY include/mycelium DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT development FILES_MATCHING PATTERN "*.h")
install(EXPORT mycelium-targets NAMESPACE mycelium:: DESTINATION ${package_dir} COMPONENT development)
configure_package_config_file(cmake/mycelium-config.cmake.in ${PROJECT_BINARY_DIR}/mycelium-config.cmake
                              INSTALL_DESTINATION ${package_dir}
                              PATH_VARS CMAKE_INSTALL_DATADIR)
# Below 1.0 a minor version may change the interface.
write_basic_package_version_file(${PROJECT_BINARY_DIR}/mycelium-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/mycelium-config.cmake ${PROJECT_BINARY_DIR}/mycelium-config-version.cmake
        DESTINATION ${package_dir} COMPONENT development)

# A static library is no good to a program that is not told of its dependencies, with or without `pkg-config --static`:
# they are public then. A shared library keeps them to itself, and whoever compiles against it needs none of them.
if(BUILD_SHARED_LIBS)
    set(pc_requires "")
    set(pc_threads "")
else()
    set(pc_requires "Requires: simdjson libdeflate\n")
    set(pc_threads " -pthread")
endif()
# Relative to the file itself, so that the tree may be moved and `cmake --install --prefix` tells the truth.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" prefix_from_pc "${prefix_from_pc}")
configure_file(cmake/mycelium.pc.in ${PROJECT_BINARY_DIR}/mycelium.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/mycelium.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT development)

# install_program(TARGET COMPONENT [OPTIONAL]): finds the shared library from wherever the tree was moved to.
file(RELATIVE_PATH library_from_program ${CMAKE_INSTALL_FULL_BINDIR} ${CMAKE_INSTALL_FULL_LIBDIR})
function(install_program target component)
    set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN/${library_from_program}")
    install(TARGETS ${target} RUNTIME COMPONENT ${component} ${ARGN})
endfunction()

if(TARGET mycelium_command)
    install_program(mycelium_command command)
endif()
# Manual pages and completion are what the built command says of itself. A sanitized one is not for installing. What is optional
# is left out where only the library and the command were built.
if(TARGET mycelium_command AND NOT MYCELIUM_SANITIZE)
    set(documents ${PROJECT_BINARY_DIR}/documents)
    add_custom_command(OUTPUT ${documents}/made
        COMMAND sh ${PROJECT_SOURCE_DIR}/packaging/documents.sh $<TARGET_FILE:mycelium_command> ${documents}
        COMMAND ${CMAKE_COMMAND} -E touch ${documents}/made
        DEPENDS mycelium_command ${PROJECT_SOURCE_DIR}/packaging/documents.sh VERBATIM)
    add_custom_target(mycelium_documents ALL DEPENDS ${documents}/made)
    set(zsh_folder site-functions)
    if(CMAKE_INSTALL_PREFIX STREQUAL /usr)
        set(zsh_folder vendor-completions)  # as Debian has it for packages
    endif()
    install(DIRECTORY ${documents}/man1 DESTINATION ${CMAKE_INSTALL_MANDIR} COMPONENT command OPTIONAL)
    install(FILES ${documents}/completion/mycelium DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
            COMPONENT command OPTIONAL)
    install(FILES ${documents}/completion/_mycelium DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/${zsh_folder}
            COMPONENT command OPTIONAL)
    install(FILES ${documents}/completion/mycelium.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d
            COMPONENT command OPTIONAL)
endif()
if(TARGET mycelium-trading)
    install_program(mycelium-trading examples OPTIONAL)
    if(NOT MYCELIUM_SANITIZE)
        set(page ${PROJECT_BINARY_DIR}/documents/mycelium-trading.1.gz)
        add_custom_command(OUTPUT ${page}
            COMMAND sh ${PROJECT_SOURCE_DIR}/packaging/help_page.sh $<TARGET_FILE:mycelium-trading>
                    "a small trading pipeline of several processes" ${page}
            DEPENDS mycelium-trading ${PROJECT_SOURCE_DIR}/packaging/help_page.sh VERBATIM)
        add_custom_target(mycelium_trading_page ALL DEPENDS ${page})
        install(FILES ${page} DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT examples OPTIONAL)
    endif()
endif()

# Whoever writes a transport of their own proves it with the suite that ours pass.
install(DIRECTORY tests/conformance/ DESTINATION ${CMAKE_INSTALL_DATADIR}/mycelium/conformance COMPONENT development
        FILES_MATCHING PATTERN "*.h" PATTERN "*.cpp" PATTERN "*.cmake" PATTERN "*.md" PATTERN standard EXCLUDE)

if(BUILD_SHARED_LIBS AND CMAKE_INSTALL_PREFIX STREQUAL /usr)
    include(cmake/packages.cmake)
else()
    install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR} COMPONENT development)
endif()
