"""The control socket: how the command line reaches a running node. One JSON object a line, a question and its answer."""
