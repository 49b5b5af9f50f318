package main

import (
	"encoding/pem"
	"io"
	"io/fs"
	"strings"

	"liandong/web"
)

// banner tells whoever started the server where it is and how to get in.
func banner(c console, l *listeners, authority []byte, s web.Settings, addr string) {
	line := strings.Repeat("─", 78)
	c.say("\n%s", line)
	c.say("  联动 Liandong")
	c.say("  打开 open      %s", l.base())
	for _, other := range l.others() {
		c.say("  其他设备 LAN   %s", other)
	}
	if len(l.others()) > 0 {
		c.say("                 (--addr 127.0.0.1:8443 keeps it to this machine 仅限本机)")
	}
	c.say("  大屏 wall      %s/wall      手机 phone  %s/field/", l.base(), l.base())
	if block, _ := pem.Decode(authority); block != nil {
		c.say("  手机证书 CA    %s/ca  — install it once on each phone 每部手机安装一次", l.base())
		c.say("  指纹 SHA-256   %s", web.Fingerprint(block.Bytes))
	}
	if s.Demo {
		c.say("\n  演示城市，数据为虚构 demo city, its data is made up; password 密码  %s", firstPassword(s.Accounts))
		for _, a := range s.Accounts {
			c.say("    %-12s %-12s %s", a.Login, a.Role, a.Name)
		}
	}
	c.say("  Ctrl-C 停止 stops")
	c.say("%s\n", line)
}

func firstPassword(accounts []web.DemoAccount) string {
	if len(accounts) == 0 {
		return ""
	}
	return accounts[0].Password
}

// reader is the file, or a nil reader for no file (a nil pointer in an interface is not nil).
func reader(f fs.File) io.Reader {
	if f == nil {
		return nil
	}
	return f
}
