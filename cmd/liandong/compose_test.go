package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"
	"github.com/jackc/pgx/v5"
)

const root = "../.."

func compose(t *testing.T, env ...string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")},
		cli.WithWorkingDirectory(root), cli.WithName("liandong"), cli.WithEnv(env))
	if err != nil {
		t.Fatal(err)
	}
	return options.LoadProject(t.Context())
}

// TestCompose reads docker-compose.yml as the engine does and looks at what would break the start.
func TestCompose(t *testing.T) {
	p, err := compose(t, "POSTGRES_PASSWORD=a", "OWNER_PASSWORD=b", "APP_PASSWORD=c")
	if err != nil {
		t.Fatal(err)
	}
	app, err := p.GetService("app")
	if err != nil {
		t.Fatal(err)
	}
	database, err := p.GetService("database")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(database.Image, "postgis/postgis:") {
		t.Errorf("the database image is %s, want the official postgis/postgis", database.Image)
	}
	for name, want := range map[string]string{"DATABASE_URL": "liandong c", "DATABASE_ADMIN_URL": "liandong_owner b"} {
		value := app.Environment[name]
		if value == nil {
			t.Errorf("%s is not set", name)
			continue
		}
		config, err := pgx.ParseConfig(*value)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := config.User + " " + config.Password; got != want || config.Host != "database" || config.Database != "liandong" {
			t.Errorf("%s is %s at %s/%s, want %s at database/liandong", name, got, config.Host, config.Database, want)
		}
	}
	if app.DependsOn["database"].Condition != types.ServiceConditionHealthy || database.HealthCheck == nil {
		t.Error("the program must wait until the database is healthy")
	}
	for _, s := range []types.ServiceConfig{app, database} {
		for _, v := range s.Volumes {
			if v.Type != types.VolumeTypeBind {
				if _, ok := p.Volumes[v.Source]; !ok {
					t.Errorf("%s: the volume %s is not declared", s.Name, v.Source)
				}
				continue
			}
			if _, err := os.Stat(v.Source); err != nil {
				t.Errorf("%s: %v", s.Name, err)
			}
		}
	}
	if len(database.Ports) > 0 {
		t.Error("the database is published to the network; only the program needs it")
	}
}

// TestComposeWantsPasswords: a forgotten .env is a sentence, not an empty password.
func TestComposeWantsPasswords(t *testing.T) {
	if _, err := compose(t, "POSTGRES_PASSWORD=a", "OWNER_PASSWORD=b"); err == nil || !strings.Contains(err.Error(), "APP_PASSWORD") {
		t.Errorf("without APP_PASSWORD: %v, want an error that names it", err)
	}
}

// TestDockerfile compares the image with what the compose file and the module say.
func TestDockerfile(t *testing.T) {
	read := func(name string) string {
		body, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	lines := strings.Split(read("Dockerfile"), "\n")
	goLine := ""
	for line := range strings.Lines(read("go.mod")) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "go "); ok {
			goLine = v
		}
	}
	minor := strings.Join(strings.SplitN(goLine, ".", 3)[:2], ".")
	for _, want := range []string{"FROM golang:" + minor + "-bookworm AS program", "USER liandong", "EXPOSE 8443", `ENTRYPOINT ["liandong"]`} {
		if !slices.Contains(lines, want) {
			t.Errorf("Dockerfile has no line %q", want)
		}
	}
	// pg_dump refuses a server newer than itself.
	if !strings.Contains(read("Dockerfile"), "postgresql-client-15") || !strings.Contains(read("docker-compose.yml"), "postgis/postgis:15-") {
		t.Error("the database image and the client programs are of different versions")
	}
}
