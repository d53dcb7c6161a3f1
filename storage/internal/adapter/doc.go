// Package adapter holds what stores on databases have in common.
package adapter
