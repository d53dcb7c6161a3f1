module github.com/reeve-go/reeve

go 1.26.0

require (
	github.com/google/go-cmp v0.7.0
	github.com/qmuntal/stateless v1.7.2
	pgregory.net/rapid v1.3.0
)

require golang.org/x/sync v0.23.0
