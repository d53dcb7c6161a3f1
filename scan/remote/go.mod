module github.com/reeve-go/reeve/scan/remote

go 1.26.0

require (
	github.com/reeve-go/reeve v0.0.0
	pgregory.net/rapid v1.3.0
)

require (
	github.com/qmuntal/stateless v1.7.2 // indirect
	golang.org/x/sync v0.23.0 // indirect
)

replace github.com/reeve-go/reeve => ../..
