# Copied into the environment's pyspark/conf by `mars-batch setup`: Spark's scripts source it with bash.
# Java warns of an incubator module that Spark itself asks for, before any setting counts, and has
# no option against it: that one line of the JVM's is left out, all others pass as they come.
exec 2> >(trap '' INT; exec grep --line-buffered -vxF 'WARNING: Using incubator modules: jdk.incubator.vector' >&2)
