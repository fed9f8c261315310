// What tiny does, in Go.
package main

import (
	"os"
	"syscall"
	"unsafe"
)

const (
	length      = 4096
	word        = 0x600dc0de
	memfdCreate = 319 // SYS_memfd_create on amd64
	mfdCloexec  = 1
)

func main() {
	name := []byte("shm\x00")
	fd, _, errno := syscall.Syscall(memfdCreate, uintptr(unsafe.Pointer(&name[0])), mfdCloexec, 0)
	if errno != 0 || syscall.Ftruncate(int(fd), length) != nil {
		os.Exit(1)
	}
	memory, err := syscall.Mmap(int(fd), 0, length, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
	if err != nil {
		os.Exit(1)
	}
	place := (*uint32)(unsafe.Pointer(&memory[0]))
	*place = word
	read := *place
	if syscall.Munmap(memory) != nil || read != word {
		os.Exit(1)
	}
}
