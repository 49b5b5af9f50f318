// Command liandong is the whole program: the server with its console, and the tools around it.
//
//	liandong serve            start the server (make run)
//	liandong admin            make the first administrator of an empty database
//	liandong backup FILE      one file with everything, while the server runs
//	liandong restore FILE     onto an empty machine
//	liandong verify-journal   check the record's hash chain
//	liandong --help           all commands; liandong serve --help lists the settings
//
// Settings come from flags or from environment variables of the same name (LIANDONG_ADDR; a
// variable X may be given as X_FILE, the name of a file that holds it). An unknown LIANDONG_ variable
// is an error: a setting that is spelt wrong must not be a setting that is silently missing.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is every command with its flags.
type commands struct {
	Serve         serveCmd         `cmd:"" help:"Start the server."`
	Migrate       migrateCmd       `cmd:"" help:"Bring the database to this program's version and stop."`
	Admin         adminCmd         `cmd:"" help:"Make the first administrator of an empty database."`
	Backup        backupCmd        `cmd:"" help:"Write database, photos and certificate authority into one file, while the server runs."`
	Restore       restoreCmd       `cmd:"" help:"Fill an empty database from a backup and check it."`
	VerifyJournal verifyJournalCmd `cmd:"" name:"verify-journal" help:"Check the hash chain of the record, and the tables against it."`
	Replay        replayCmd        `cmd:"" help:"Play a real dispatch log through the public commands."`
	VerifyFeed    verifyFeedCmd    `cmd:"" name:"verify-feed" help:"Prove the feed: consoles cut and the server killed while a log is played; each picture must equal a fresh snapshot."`
	Bench         benchCmd         `cmd:"" help:"Measure commands per second, latency, consoles served and memory on this machine."`
	BenchServer   benchServerCmd   `cmd:"" name:"bench-server" hidden:"" help:"The server under test of bench."`
	Version       versionCmd       `cmd:"" help:"Print the version."`
}

func main() {
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// run carries out one command line and returns the exit code: 0 done, 1 failed, 2 wrong use.
func run(args []string, out, errs io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	var c commands
	exit := -1
	parser, err := kong.New(&c, kong.Name("liandong"), kong.Description("Emergency rescue command and resource coordination. 应急救援指挥与资源协同。"),
		kong.Writers(out, errs), kong.UsageOnError(), kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(code int) { exit = code; panic(exited{}) }),
		kong.BindTo(ctx, (*context.Context)(nil)), kong.Bind(console{out, errs}))
	if err != nil {
		fmt.Fprintln(errs, err)
		return 2
	}
	code := func() (code int) {
		defer func() {
			if v := recover(); v != nil {
				if _, ok := v.(exited); !ok {
					panic(v)
				}
				code = exit
			}
		}()
		if err := environment(parser, os.Environ()); err != nil {
			fmt.Fprintln(errs, "liandong:", err)
			return 2
		}
		k, err := parser.Parse(args)
		if err != nil {
			fmt.Fprintln(errs, "liandong:", err)
			return 2
		}
		err = k.Run()
		var verdict failedVerdict
		switch {
		case errors.As(err, &verdict):
			return 1 // it was printed
		case err != nil && !(ctx.Err() != nil && errors.Is(err, context.Canceled)):
			fmt.Fprintln(errs, "liandong:", err)
			return 1
		}
		return 0
	}()
	return code
}

type exited struct{}

// failedVerdict is a check that came out badly, and said so already.
type failedVerdict struct{}

func (failedVerdict) Error() string { return "the check failed" }

// console is where a command talks to whoever started it.
type console struct{ out, err io.Writer }

func (c console) say(format string, args ...any) { fmt.Fprintf(c.out, format+"\n", args...) }

// testVariable names data for tests that is not in the repository; the program only knows the name.
const testVariable = "LIANDONG_DATA"

// environment checks the program's own variables and reads those that are given as files.
func environment(parser *kong.Kong, env []string) error {
	known := map[string]bool{testVariable: true}
	_ = kong.Visit(parser.Model, func(node kong.Visitable, next kong.Next) error {
		if f, ok := node.(*kong.Flag); ok {
			for _, name := range f.Tag.Envs {
				known[name] = true
			}
		}
		return next(nil)
	})
	for _, line := range env {
		name, value, _ := strings.Cut(line, "=")
		plain, isFile := strings.CutSuffix(name, "_FILE")
		switch {
		case known[name]:
		case isFile && known[plain] && value != "":
			if _, both := os.LookupEnv(plain); both {
				return fmt.Errorf("%s and %s are both set: keep one", plain, name)
			}
			content, err := os.ReadFile(value)
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
			if err := os.Setenv(plain, strings.TrimSpace(string(content))); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		case strings.HasPrefix(name, "LIANDONG_"):
			return fmt.Errorf("unknown setting %s in the environment; liandong serve --help lists them", name)
		}
	}
	return nil
}
