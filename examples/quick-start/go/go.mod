module ginnel.example/quick-start

go 1.22

require ginnel.example/go v0.0.0

replace ginnel.example/go => ../../../sdks/go
