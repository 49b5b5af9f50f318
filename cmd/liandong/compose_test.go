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
	return profile(t, nil, env...)
}

func profile(t *testing.T, profiles []string, env ...string) (*types.Project, error) {
	t.Helper()
	options, err := cli.NewProjectOptions([]string{filepath.Join(root, "docker-compose.yml")}, cli.WithProfiles(profiles),
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

// TestComposeTwoNodes looks at the profile with two nodes: alike but for their folder, one database,
// and nobody but the balancer published beside the single server.
func TestComposeTwoNodes(t *testing.T) {
	p, err := profile(t, []string{"two-nodes"}, "POSTGRES_PASSWORD=a", "OWNER_PASSWORD=b", "APP_PASSWORD=c")
	if err != nil {
		t.Fatal(err)
	}
	service := func(name string) types.ServiceConfig {
		s, err := p.GetService(name)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	app, one, two, balancer := service("app"), service("node1"), service("node2"), service("balancer")
	for name := range one.Environment {
		if a, b := one.Environment[name], two.Environment[name]; a == nil || b == nil || *a != *b {
			t.Errorf("%s differs between the nodes", name)
		}
	}
	if *one.Environment["DATABASE_URL"] != *app.Environment["DATABASE_URL"] {
		t.Error("the nodes have another database than the single server")
	}
	folder := func(s types.ServiceConfig) string {
		for _, v := range s.Volumes {
			if v.Target == "/var/lib/liandong" {
				return v.Source
			}
		}
		return ""
	}
	if folder(one) == "" || folder(one) == folder(two) || folder(one) == folder(app) {
		t.Errorf("the folders are %q, %q and %q: each node has its own", folder(one), folder(two), folder(app))
	}
	var f nodeFlags
	if f.NATS = *one.Environment["LIANDONG_NATS"]; f.check("postgres://x") != nil || !strings.HasPrefix(f.NATS, "nats://nats:") {
		t.Errorf("the way between nodes is %q", f.NATS)
	}
	if _, ok := p.Services["nats"]; !ok || len(service("nats").Ports) > 0 || len(one.Ports) > 0 || len(two.Ports) > 0 || len(balancer.Ports) != 1 {
		t.Error("only the balancer is published")
	}
	plain := p.Configs[balancer.Configs[0].Source].Content
	for _, want := range []string{"server node1 node1:8443", "server node2 node2:8443", "bind :8443", "GET /healthz"} {
		if !strings.Contains(plain, want) {
			t.Errorf("the balancer's configuration has no %q", want)
		}
	}
	single, err := compose(t, "POSTGRES_PASSWORD=a", "OWNER_PASSWORD=b", "APP_PASSWORD=c")
	if err != nil {
		t.Fatal(err)
	}
	if _, ok := single.Services["node1"]; ok {
		t.Error("the nodes start without their profile")
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
