module ginnel.example/go

go 1.22
