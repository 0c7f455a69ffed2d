module load

// Debian 12's golang-go is Go 1.19: nothing newer is used.
go 1.19
