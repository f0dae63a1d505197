"""The tests. They talk to a real HTTP server of their own and to no other."""
