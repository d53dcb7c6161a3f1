//go:build !unix

package main

import "os"

// terminalColumns takes nothing for a terminal where it cannot tell.
func terminalColumns(*os.File) int { return 0 }
