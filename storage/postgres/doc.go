// Package postgres keeps everything in a PostgreSQL database.
package postgres
