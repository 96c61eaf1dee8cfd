package child

import (
	"os/exec"
	"runtime"
	"sync"
)

// Spawner starts processes from one thread that lives until Close: the kernel
// binds the life of a child to the thread that started it, not to the process.
type Spawner struct {
	starts chan start
	done   sync.WaitGroup
}

type start struct {
	cmd    *exec.Cmd
	result chan<- error
}

// NewSpawner starts the thread. Children that still run when it is closed are
// killed.
func NewSpawner() *Spawner {
	s := &Spawner{starts: make(chan start)}
	s.done.Go(func() {
		runtime.LockOSThread() // never unlocked: the thread ends with this function
		for job := range s.starts {
			job.result <- job.cmd.Start()
		}
	})
	return s
}

// Close ends the thread. No Start may follow or be under way.
func (s *Spawner) Close() {
	close(s.starts)
	s.done.Wait()
}

func (s *Spawner) start(cmd *exec.Cmd) error {
	cmd.SysProcAttr = attributes()
	result := make(chan error, 1)
	s.starts <- start{cmd, result}
	return <-result
}
