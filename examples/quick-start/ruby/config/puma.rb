# Where the app listens: on this machine only.
bind "tcp://127.0.0.1:#{ENV.fetch('PORT', 8080)}"
