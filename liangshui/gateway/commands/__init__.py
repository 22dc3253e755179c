"""Commands to stations (下行命令): what there is, how it is written, and how it is asked for and decided."""
