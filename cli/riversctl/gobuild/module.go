package gobuild

import "context"

// Tidy runs `go mod tidy`.
func (g Go) Tidy(ctx context.Context, dir string) error {
	_, err := g.run(ctx, dir, "mod", "tidy")
	return err
}

// TidyPast runs `go mod tidy` past modules that cannot be had.
func (g Go) TidyPast(ctx context.Context, dir string) error {
	_, err := g.run(ctx, dir, "mod", "tidy", "-e")
	return err
}

// Vet compiles every package and test of the module in dir, and vets them.
func (g Go) Vet(ctx context.Context, dir string) error {
	_, err := g.run(ctx, dir, "vet", "./...")
	return err
}

// ModuleDir returns the directory of a module that the module around dir needs.
func (g Go) ModuleDir(ctx context.Context, dir, module string) (string, error) {
	out, err := g.run(ctx, dir, "list", "-m", "-f", "{{.Dir}}", module)
	return string(out), err
}
