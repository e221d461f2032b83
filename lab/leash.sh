# Runs a command that does not outlive the program that started it: sh leash.sh COMMAND…
#
# Our standard input is a pipe whose other end only that program holds. A shell stays behind and reads from it until
# nobody holds the other end any more, and then kills the command's process group, which is ours, and itself with it.
# That works on every Unix, and also when the program is ended by `kill -9`.
( ( read -r _ <&3; kill -9 "-$$" ) & ) 3<&0
exec "$@" </dev/null
