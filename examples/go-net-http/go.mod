module ginnel.example/go-net-http

go 1.22

require (
	ginnel.example/go v0.0.0
	github.com/joho/godotenv v1.5.1
)

replace ginnel.example/go => ../../sdks/go
