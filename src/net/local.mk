tegata_net_SOURCES += src/net/worker.c
