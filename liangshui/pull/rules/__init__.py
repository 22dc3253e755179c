"""Rules of what is pulled: how a mapping is read, and a row of others becomes values of ours."""
