// The targets of a benchmark: one process that answers as waweb does on every loopback address, each a target of its own.
// It notes when each was asked, so that missed and late probes are judged where they arrive, alike for every prober.
//
//	GET /live                   how many targets were asked so far
//	GET /start                  a window begins
//	GET /report?n=N&period=10s  the window ends: what arrived in it
//	GET /set?from=0&to=99&status=disconnected  what these targets answer from here on
package main

import (
	"crypto/tls"
	"encoding/json"
	"flag"
	"io"
	"log"
	"math"
	"net"
	"net/http"
	"os"
	"sort"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const most = 10000 // target i is 127.1.(i/100).(i%100)

type target struct {
	sync.Mutex
	at     []time.Duration
	status string
}

type report struct {
	Requests, Handshakes, Missed, Silent int64
	MissedPercent, LateP99, LateMax      float64 // seconds
	PeakSecond                           int
}

var (
	began      = time.Now()
	targets    [most]target
	handshakes atomic.Int64
	seen       atomic.Int64
)

func number(address net.Addr) int {
	tcp, ok := address.(*net.TCPAddr)
	if !ok {
		return -1
	}
	ip := tcp.IP.To4()
	if ip == nil || ip[0] != 127 || ip[1] != 1 || ip[2] > 99 || ip[3] > 99 {
		return -1
	}
	return int(ip[2])*100 + int(ip[3])
}

func health(key string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		now := time.Since(began)
		code, body := 404, `{}`
		local, _ := r.Context().Value(http.LocalAddrContextKey).(net.Addr)
		if i := number(local); i >= 0 && r.URL.Path == "/v1/health" {
			t := &targets[i]
			t.Lock()
			if len(t.at) == 0 {
				seen.Add(1)
			}
			t.at = append(t.at, now)
			status := t.status
			t.Unlock()
			code, body = 200, `{"health":{"gateway_status":"`+status+`"},"meta":{"version":"v2.45.1","api_status":"stable"}}`
			if r.Header.Get("Authorization") != "Apikey "+key {
				code, body = 401, `{"errors":[{"code":1005,"title":"Access denied"}]}`
			}
		}
		w.Header()["Content-Type"] = []string{"application/json"}
		w.Header()["Content-Length"] = []string{strconv.Itoa(len(body))}
		w.WriteHeader(code)
		io.WriteString(w, body)
	}
}

// A gap of one and a half periods or more is one missed probe, of two and a half two; so is the time to the window's edges.
func judge(n int, period, from, to time.Duration) report {
	var r report
	var late []float64
	bins := make([]int, int((to-from)/time.Second)+1)
	for i := range targets[:n] {
		t := &targets[i]
		t.Lock()
		before, count := time.Duration(-1), 0
		for _, at := range t.at {
			if at < from {
				before = at
				continue
			}
			if at > to {
				break
			}
			count++
			bins[(at-from)/time.Second]++
			if before >= 0 {
				gap := at - before
				r.Missed += max(0, int64(math.Round(float64(gap)/float64(period)))-1)
				late = append(late, math.Max(0, (gap-period).Seconds()))
			}
			before = at
		}
		t.Unlock()
		r.Requests += int64(count)
		if count == 0 {
			r.Silent++
			r.Missed += int64((to - from) / period)
		} else {
			r.Missed += max(0, int64(math.Round(float64(to-before)/float64(period)))-1)
		}
	}
	sort.Float64s(late)
	if len(late) > 0 {
		r.LateP99, r.LateMax = late[len(late)*99/100], late[len(late)-1]
	}
	r.MissedPercent = 100 * float64(r.Missed) / math.Max(1, float64(r.Requests+r.Missed))
	for _, count := range bins {
		r.PeakSecond = max(r.PeakSecond, count)
	}
	return r
}

func main() {
	listen := flag.String("listen", "0.0.0.0:18443", "where the targets are, TLS")
	control := flag.String("control", "127.0.0.1:18080", "where this program is told what to do, plain HTTP")
	keyFile := flag.String("key", "", "file with the API key")
	certificate := flag.String("certificate", "", "PEM file with the certificate and its key")
	flag.Parse()
	key, err := os.ReadFile(*keyFile)
	if err != nil {
		log.Fatal(err)
	}
	pair, err := tls.LoadX509KeyPair(*certificate, *certificate)
	if err != nil {
		log.Fatal(err)
	}
	for i := range targets {
		targets[i].status = "connected"
	}
	listener, err := net.Listen("tcp4", *listen)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: health(string(key)), IdleTimeout: 75 * time.Second, ErrorLog: log.New(io.Discard, "", 0)}
	config := &tls.Config{Certificates: []tls.Certificate{pair}, NextProtos: []string{"http/1.1"},
		VerifyConnection: func(tls.ConnectionState) error { handshakes.Add(1); return nil }}
	go func() { log.Fatal(server.Serve(tls.NewListener(listener, config))) }()

	var from time.Duration
	var handshakesBefore int64
	say := func(w http.ResponseWriter, what any) { json.NewEncoder(w).Encode(what) }
	mux := http.NewServeMux()
	mux.HandleFunc("/live", func(w http.ResponseWriter, _ *http.Request) { say(w, map[string]int64{"Seen": seen.Load()}) })
	mux.HandleFunc("/start", func(w http.ResponseWriter, _ *http.Request) {
		from, handshakesBefore = time.Since(began), handshakes.Load()
		say(w, true)
	})
	mux.HandleFunc("/report", func(w http.ResponseWriter, r *http.Request) {
		n, _ := strconv.Atoi(r.URL.Query().Get("n"))
		period, err := time.ParseDuration(r.URL.Query().Get("period"))
		if err != nil || n < 1 || n > most {
			http.Error(w, "n or period", http.StatusBadRequest)
			return
		}
		found := judge(n, period, from, time.Since(began))
		found.Handshakes = handshakes.Load() - handshakesBefore
		say(w, found)
	})
	mux.HandleFunc("/set", func(w http.ResponseWriter, r *http.Request) {
		first, _ := strconv.Atoi(r.URL.Query().Get("from"))
		last, _ := strconv.Atoi(r.URL.Query().Get("to"))
		for i := max(0, first); i <= min(most-1, last); i++ {
			targets[i].Lock()
			targets[i].status = r.URL.Query().Get("status")
			targets[i].Unlock()
		}
		say(w, true)
	})
	log.Fatal(http.ListenAndServe(*control, mux))
}
