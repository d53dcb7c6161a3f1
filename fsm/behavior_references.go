package fsm

import (
	"fmt"
	"reflect"
	"time"
)

// referencesOf says which parts of T a plain copy would share with its original.
func referencesOf[T any]() []string {
	var issues []string
	t := reflect.TypeFor[T]()
	walkReferences(t, t.String(), func(path string, t reflect.Type) {
		issues = append(issues, fmt.Sprintf("%s is a reference (%v), which a copy of the subject would share; "+
			"give a Clone that copies what it leads to, or returns the subject as it is if nobody changes that", path, t))
	})
	return issues
}

func walkReferences(t reflect.Type, path string, found func(string, reflect.Type)) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Map, reflect.Slice, reflect.Chan, reflect.Func, reflect.Interface, reflect.UnsafePointer:
		found(path, t)
	case reflect.Array:
		if t.Len() > 0 {
			walkReferences(t.Elem(), path+"[]", found)
		}
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() {
			return // its pointer leads to a location, which never changes
		}
		for field := range t.Fields() {
			walkReferences(field.Type, path+"."+field.Name, found)
		}
	}
}
