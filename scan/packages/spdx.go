package packages

import (
	"regexp"
	"strings"
)

// expression is the form of an expression of SPDX: names of licences joined by words, with brackets as one likes.
var expression = regexp.MustCompile(`^\(*[A-Za-z0-9.+:-]+\)*( +(AND|OR|WITH) +\(*[A-Za-z0-9.+:-]+\)*)*$`)

// isExpression reports whether a licence has the form of an expression of SPDX. Of the names it knows only that some are none.
func isExpression(s string) bool {
	return expression.MatchString(s) && s != "UNLICENSED" && strings.Count(s, "(") == strings.Count(s, ")")
}
