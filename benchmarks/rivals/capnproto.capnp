@0xd1c1a4b3e5f60718;

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("rivals");

interface Talk {
  echo @0 (message :Data) -> (message :Data);
  put @1 (message :Data);
}
