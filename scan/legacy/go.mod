module github.com/reeve-go/reeve/scan/legacy

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/reeve-go/reeve v0.0.0
	go.yaml.in/yaml/v3 v3.0.6
	pgregory.net/rapid v1.3.0
)

require (
	github.com/qmuntal/stateless v1.7.2 // indirect
	golang.org/x/sync v0.23.0 // indirect
)

replace github.com/reeve-go/reeve => ../..
