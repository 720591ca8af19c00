# Copied into the environment's pyspark/conf by `mars-batch setup`: Spark's scripts source it with bash.
# Java warns of an incubator module that Spark itself asks for, before any setting counts, and has
# no option against it: that one line of the JVM's is left out, all others pass as they come.
exec 2> >(trap '' INT; exec grep --line-buffered -vxF 'WARNING: Using incubator modules: jdk.incubator.vector' >&2)
# With a class archive (`mars-batch setup --class-archive`) Java wants no folder with files on its class
# path, where Spark puts this one; mars-batch names the files that are read from here itself.
[ -z "${MARS_EMPTY_CONF_DIR:-}" ] || SPARK_CONF_DIR="$MARS_EMPTY_CONF_DIR"
