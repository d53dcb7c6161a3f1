module github.com/reeve-go/reeve/provisioning/agevault

go 1.26.0

require (
	filippo.io/age v1.3.2
	github.com/google/go-cmp v0.7.0
	github.com/reeve-go/reeve v0.0.0
)

require (
	filippo.io/hpke v0.4.0 // indirect
	github.com/qmuntal/stateless v1.7.2 // indirect
	golang.org/x/crypto v0.55.0 // indirect
	golang.org/x/sync v0.23.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	pgregory.net/rapid v1.3.0 // indirect
)

replace github.com/reeve-go/reeve => ../..
