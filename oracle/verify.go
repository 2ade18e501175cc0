// Checks a custody log, its proofs and a bundle with Go's own note and tlog packages: a second
// opinion that shares no code with casefile. It must never call anything of casefile's.
//
//	verify log LOGDIR VKEY [OLDER-CHECKPOINT...]
//	verify proof VKEY FILE.tlog-proof LEAF [FILE.tlog-proof LEAF...]
//	verify bundle DIR VKEY
//
// Exit status: 0 all of it holds, 1 something does not, 2 wrong usage. Build it with Debian's
// golang-go and golang-golang-x-mod-dev:
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go build -o verify oracle/verify.go
package main

import (
	"bytes"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	usage       = "usage: verify log LOGDIR VKEY [OLDER-CHECKPOINT...] | proof VKEY FILE LEAF... | bundle DIR VKEY"
	tileHeight  = 8
	proofHeader = "c2sp.org/tlog-proof@v1"
)

func main() {
	args := os.Args[1:]
	var said string
	var err error
	switch {
	case len(args) >= 3 && args[0] == "log":
		said, err = checkLog(args[1], args[2], args[3:])
	case len(args) >= 4 && len(args)%2 == 0 && args[0] == "proof":
		for i := 2; i < len(args) && err == nil; i += 2 {
			said, err = checkProof(args[1], args[i], args[i+1])
		}
	case len(args) == 3 && args[0] == "bundle":
		said, err = checkBundle(args[1], args[2])
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "NOT VERIFIED:", err)
		os.Exit(1)
	}
	fmt.Println("verified:", said)
}

// openCheckpoint checks a checkpoint's signature and returns its tree. Go's tree parser expects
// its own checksum database's first line, so ours is checked here and replaced.
func openCheckpoint(signed []byte, vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	if err := oneForm(string(signed)); err != nil {
		return tlog.Tree{}, err
	}
	origin, rest, _ := strings.Cut(opened.Text, "\n")
	if origin != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("checkpoint of %q signed by the key of %q", origin, verifier.Name())
	}
	return tlog.ParseTree([]byte("go.sum database tree\n" + rest))
}

// oneForm sees to it that the base64 of every signature is in its one form: Go's note package reads
// over bits that decode to nothing, and a flipped bit must not pass.
func oneForm(signed string) error {
	_, signatures, _ := strings.Cut(signed, "\n\n")
	for _, line := range strings.Split(strings.TrimSuffix(signatures, "\n"), "\n") {
		encoded := line[strings.LastIndex(line, " ")+1:]
		data, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err != nil || base64.StdEncoding.EncodeToString(data) != encoded {
			return errors.New("base64 of a signature that is not in its one form")
		}
	}
	return nil
}

// checkLog reads every leaf, builds the tree from nothing, and compares the root and each file.
func checkLog(dir, vkey string, older []string) (string, error) {
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(signed, vkey)
	if err != nil {
		return "", fmt.Errorf("checkpoint: %w", err)
	}
	leaves, err := readLeaves(dir, tree.N)
	if err != nil {
		return "", err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		hashes := make([]tlog.Hash, len(indexes))
		for i, index := range indexes {
			if index < 0 || index >= int64(len(stored)) {
				return nil, errors.New("a hash that the leaves do not lead to")
			}
			hashes[i] = stored[index]
		}
		return hashes, nil
	})
	for n, leaf := range leaves {
		more, err := tlog.StoredHashes(int64(n), leaf, reader)
		if err != nil {
			return "", err
		}
		stored = append(stored, more...)
	}
	if err := checkRoot(tree, reader); err != nil {
		return "", err
	}
	for _, path := range older {
		if err := checkOlder(path, vkey, tree, reader); err != nil {
			return "", fmt.Errorf("%s: %w", path, err)
		}
	}
	files, err := checkFiles(dir, tree.N, leaves, reader)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d leaves, %d files, %d older checkpoints", tree.N, files, len(older)), nil
}

func checkRoot(tree tlog.Tree, reader tlog.HashReader) error {
	root := tlog.Hash(sha256.Sum256(nil)) // the empty tree's, which Go's package does not define
	if tree.N > 0 {
		var err error
		if root, err = tlog.TreeHash(tree.N, reader); err != nil {
			return err
		}
	}
	if root != tree.Hash {
		return fmt.Errorf("%d leaves lead to the root %s, the checkpoint says %s", tree.N, root, tree.Hash)
	}
	return nil
}

// checkOlder sees to it that the log of an older checkpoint is the beginning of this one, by its
// root and by a consistency proof.
func checkOlder(path, vkey string, tree tlog.Tree, reader tlog.HashReader) error {
	signed, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	old, err := openCheckpoint(signed, vkey)
	if err != nil {
		return err
	}
	if old.N > tree.N {
		return fmt.Errorf("it has %d leaves, the log %d", old.N, tree.N)
	}
	if err := checkRoot(old, reader); err != nil || old.N == 0 {
		return err
	}
	proof, err := tlog.ProveTree(tree.N, old.N, reader)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

// checkFiles compares every file of the folder with what the leaves ask for, and misses none.
func checkFiles(dir string, size int64, leaves [][]byte, reader tlog.HashReader) (int, error) {
	missing := map[string]bool{}
	for _, tile := range tlog.NewTiles(tileHeight, 0, size) {
		end := tile.N<<tileHeight + int64(tile.W)
		if tile.W < 1<<tileHeight && end != size>>(tileHeight*tile.L) {
			continue // Go's package lists the partial tiles of every size on the way
		}
		missing[pathOf(tile)] = true
		if tile.L == 0 {
			tile.L = -1
			missing[pathOf(tile)] = true
		}
	}
	files := 0
	err := filepath.WalkDir(filepath.Join(dir, "tile"), func(path string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) && size == 0 {
			return nil
		}
		if err != nil || entry.IsDir() {
			return err
		}
		found, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		due, err := contents(filepath.ToSlash(relative), size, leaves, reader)
		if err != nil {
			return fmt.Errorf("%s: %w", relative, err)
		}
		if !bytes.Equal(found, due) {
			return fmt.Errorf("%s is not what the leaves lead to", relative)
		}
		delete(missing, filepath.ToSlash(relative))
		files++
		return nil
	})
	for path := range missing {
		if err == nil {
			err = fmt.Errorf("%s is missing", path)
		}
	}
	return files, err
}

// contents is what the file at path has to hold. Partial files of smaller sizes may still be there.
func contents(path string, size int64, leaves [][]byte, reader tlog.HashReader) ([]byte, error) {
	goPath := strings.Replace(path, "tile/", "tile/8/", 1)
	tile, err := tlog.ParseTilePath(strings.Replace(goPath, "/entries/", "/data/", 1))
	if err != nil {
		return nil, err
	}
	level := tile.L
	if level < 0 {
		level = 0
	}
	first := tile.N << tileHeight
	last := first + int64(tile.W)
	if level > 6 || last > size>>(tileHeight*level) {
		return nil, errors.New("beyond the checkpoint")
	}
	if tile.L >= 0 {
		return tlog.ReadTileData(tile, reader)
	}
	var bundle []byte
	for _, leaf := range leaves[first:last] {
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(leaf)))
		bundle = append(bundle, leaf...)
	}
	return bundle, nil
}

// pathOf is a tile's path in C2SP's layout: Go's has the height in it, and "data" for leaves.
func pathOf(tile tlog.Tile) string {
	path := strings.Replace(tile.Path(), "tile/8/", "tile/", 1)
	return strings.Replace(path, "/data/", "/entries/", 1)
}

func readLeaves(dir string, size int64) ([][]byte, error) {
	var leaves [][]byte
	for first := int64(0); first < size; first += 1 << tileHeight {
		tile := tlog.Tile{H: tileHeight, L: -1, N: first >> tileHeight, W: 1 << tileHeight}
		if size-first < int64(tile.W) {
			tile.W = int(size - first)
		}
		path := pathOf(tile)
		bundle, err := os.ReadFile(filepath.Join(dir, path))
		if err != nil {
			return nil, err
		}
		for n := 0; n < tile.W; n++ {
			if len(bundle) < 2 || len(bundle)-2 < int(binary.BigEndian.Uint16(bundle)) {
				return nil, fmt.Errorf("%s is cut off inside leaf %d", path, n)
			}
			end := 2 + int(binary.BigEndian.Uint16(bundle))
			leaves = append(leaves, bundle[2:end])
			bundle = bundle[end:]
		}
		if len(bundle) > 0 {
			return nil, fmt.Errorf("%s has bytes after its last leaf", path)
		}
	}
	return leaves, nil
}

// checkProof checks one .tlog-proof file (C2SP tlog-proof) for the leaf in another file.
func checkProof(vkey, proofPath, leafPath string) (string, error) {
	index, tree, err := openProof(vkey, proofPath, leafPath)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("leaf %d of %d", index, tree.N), nil
}

func openProof(vkey, proofPath, leafPath string) (int64, tlog.Tree, error) {
	text, err := os.ReadFile(proofPath)
	if err != nil {
		return 0, tlog.Tree{}, err
	}
	leaf, err := os.ReadFile(leafPath)
	if err != nil {
		return 0, tlog.Tree{}, err
	}
	index, tree, err := runProof(vkey, string(text), leaf)
	if err != nil {
		return 0, tree, fmt.Errorf("%s: %w", proofPath, err)
	}
	return index, tree, nil
}

func runProof(vkey, text string, leaf []byte) (int64, tlog.Tree, error) {
	bad := func(why string) (int64, tlog.Tree, error) { return 0, tlog.Tree{}, errors.New(why) }
	head, checkpoint, ok := strings.Cut(text, "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != proofHeader {
		return bad("not a tlog-proof file")
	}
	lines = lines[1:]
	if len(lines) > 0 && strings.HasPrefix(lines[0], "extra ") {
		return bad("it has an extra line, which nobody signs: a flipped bit there would pass")
	}
	if len(lines) == 0 || !strings.HasPrefix(lines[0], "index ") {
		return bad("it names no index")
	}
	number := strings.TrimPrefix(lines[0], "index ")
	index, err := strconv.ParseInt(number, 10, 64)
	if err != nil || index < 0 || strconv.FormatInt(index, 10) != number {
		return bad("its index is no number")
	}
	var proof tlog.RecordProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil || base64.StdEncoding.EncodeToString(hash[:]) != line {
			return bad("one of its lines is no hash")
		}
		proof = append(proof, hash)
	}
	tree, err := openCheckpoint([]byte(checkpoint), vkey)
	if err != nil {
		return 0, tree, err
	}
	return index, tree, tlog.CheckRecord(proof, tree.N, tree.Hash, index, tlog.RecordHash(leaf))
}

// checkBundle checks each record of a bundle, and that the export's record seals the manifest. Every
// proof must lead to log/checkpoint, except the export's, which comes after it in the same log.
func checkBundle(dir, vkey string) (string, error) {
	brought, err := os.ReadFile(filepath.Join(dir, "log", "vkey"))
	if err != nil {
		return "", err
	}
	first, second, _ := strings.Cut(string(brought), "\n")
	if first != vkey {
		return "", errors.New("log/vkey is not the key that was told")
	}
	policy, err := os.ReadFile(filepath.Join(dir, "log", "policy"))
	if err != nil {
		return "", err
	}
	if string(policy) != "log "+vkey+"\nquorum none\n" {
		return "", errors.New("log/policy says more than that the log alone signs log/checkpoint")
	}
	signed, err := os.ReadFile(filepath.Join(dir, "log", "checkpoint"))
	if err != nil {
		return "", err
	}
	tree, err := openCheckpoint(signed, vkey)
	if err != nil {
		return "", fmt.Errorf("log/checkpoint: %w", err)
	}
	leaves, err := onlyRecords(filepath.Join(dir, "log", "leaves"), ".leaf")
	if err != nil {
		return "", err
	}
	proofs, err := onlyRecords(filepath.Join(dir, "log", "proofs"), ".tlog-proof")
	if err != nil {
		return "", err
	}
	if len(leaves) == 0 || len(leaves) != len(proofs) {
		return "", fmt.Errorf("%d leaves and %d proofs", len(leaves), len(proofs))
	}
	for _, leaf := range leaves {
		if err := checkRecord(dir, vkey, leaf, tree); err != nil {
			return "", err
		}
	}
	export := filepath.Join(dir, "export.leaf")
	index, later, err := openProof(vkey, filepath.Join(dir, "export.tlog-proof"), export)
	if err != nil {
		return "", err
	}
	if index < tree.N || later.N <= tree.N {
		return "", errors.New("export.leaf was recorded before log/checkpoint")
	}
	proof, err := os.ReadFile(filepath.Join(dir, "export.tlog-proof"))
	if err != nil {
		return "", err
	}
	_, exported, _ := strings.Cut(string(proof), "\n\n")
	if err := checkGrowth(filepath.Join(dir, "export.consistency"), vkey, tree, exported); err != nil {
		return "", fmt.Errorf("export.consistency: %w", err)
	}
	cosigned, err := checkCosigned(dir, vkey, string(signed), leaves)
	if err != nil {
		return "", fmt.Errorf("log/cosigned: %w", err)
	}
	if err := checkSeal(dir, export, tree.N); err != nil {
		return "", err
	}
	bothKeys, err := checkSecond(dir, second, leaves[0], string(signed), exported)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("%d records, and that of the export%s%s", len(leaves), cosigned, bothKeys), nil
}

// checkSecond sees to it that a log with an ML-DSA-44 key, which leaf 0 names, has signed both
// checkpoints with it, as far as that can be seen without that algorithm: Go's packages have none.
// A changed byte in log/checkpoint shows by the list of files, which the export's record seals.
func checkSecond(dir, second, genesis string, signed ...string) (string, error) {
	leaf, err := os.ReadFile(genesis)
	if err != nil {
		return "", err
	}
	line, _, _ := bytes.Cut(leaf, []byte("\n"))
	var record struct {
		LogKeyPq string `json:"log_key_pq"`
	}
	if err := json.Unmarshal(line, &record); err != nil {
		return "", err
	}
	list, err := os.ReadFile(filepath.Join(dir, "tagmanifest-sha256.txt"))
	if err != nil {
		return "", err
	}
	due := fmt.Sprintf("%x  log/checkpoint\n", sha256.Sum256([]byte(signed[0])))
	if !strings.Contains(string(list), due) {
		return "", errors.New("log/checkpoint is not the one in the list of files")
	}
	if record.LogKeyPq == "" && second == "" {
		return "", nil
	}
	if second != record.LogKeyPq+"\n" {
		return "", errors.New("leaf 0 names another second key than log/vkey")
	}
	if one, err := newCosigner(record.LogKeyPq); err != nil || one != nil {
		return "", errors.New("the log's second key is no key of ML-DSA-44")
	}
	parts := strings.SplitN(record.LogKeyPq, "+", 3)
	for _, note := range signed {
		held := false
		for _, line := range strings.Split(note, "\n") {
			encoded := strings.TrimPrefix(line, "\u2014 "+parts[0]+" ")
			found := encoded != line
			blob, err := base64.StdEncoding.DecodeString(encoded)
			held = held || found && err == nil && len(blob) == 4+8+2420 && hex.EncodeToString(blob[:4]) == parts[1]
		}
		if !held {
			return "", errors.New("a checkpoint lacks the signature by the log's second key")
		}
	}
	return " (the log's ML-DSA-44 signatures NOT CHECKED)", nil
}

// A cosigner's key for Ed25519 (C2SP tlog-cosignature, type 4), as Go's note package wants one.
type cosigner struct {
	name, key string
	hash      uint32
	times     []string
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }
func (c *cosigner) Verify(text, signature []byte) bool {
	if len(signature) != 8+ed25519.SignatureSize {
		return false
	}
	seconds := binary.BigEndian.Uint64(signature)
	signed := fmt.Sprintf("cosignature/v1\ntime %d\n%s", seconds, text)
	if seconds >= 1<<63 || !ed25519.Verify([]byte(c.key), []byte(signed), signature[8:]) {
		return false
	}
	when := strconv.FormatUint(seconds, 10)
	if seconds < 253402300800 {
		when = time.Unix(int64(seconds), 0).UTC().Format(time.RFC3339)
	}
	c.times = append(c.times, when)
	return true
}

// newCosigner reads a cosigner's key; nil where it is of ML-DSA-44, which Go's packages do not know.
func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(vkey, "+", 3)
	if len(parts) != 3 {
		return nil, errors.New("no cosigner's key")
	}
	key, err := base64.StdEncoding.Strict().DecodeString(parts[2])
	if err != nil || base64.StdEncoding.EncodeToString(key) != parts[2] {
		return nil, errors.New("no cosigner's key: not base64 in its one form")
	}
	digest := sha256.Sum256([]byte(parts[0] + "\n" + string(key)))
	if hex.EncodeToString(digest[:4]) != parts[1] {
		return nil, errors.New("no cosigner's key: its id is another's")
	}
	switch {
	case len(key) == 1313 && key[0] == 6:
		return nil, nil
	case len(key) == 33 && key[0] == 4:
		return &cosigner{name: parts[0], key: string(key[1:]), hash: binary.BigEndian.Uint32(digest[:])}, nil
	}
	return nil, errors.New("no cosigner's key: of no known type")
}

// checkCosigned checks each cosigned checkpoint against its record: that it is the beginning of
// log/checkpoint, and each cosignature by Ed25519. It says how many, and what it cannot check.
func checkCosigned(dir, vkey, ours string, leaves []string) (string, error) {
	var named []string
	held, unchecked := 0, 0
	for _, path := range leaves {
		leaf, err := os.ReadFile(path)
		if err != nil {
			return "", err
		}
		line, _, _ := bytes.Cut(leaf, []byte("\n"))
		var record struct {
			Type       string `json:"type"`
			Key        string `json:"key"`
			Size       int64  `json:"size"`
			Checkpoint struct {
				Sha256 string `json:"sha256"`
			} `json:"checkpoint"`
			By []struct{ Key, Time string } `json:"by"`
		}
		if err := json.Unmarshal(line, &record); err != nil {
			continue // of another form: the other records have fields of these names too
		}
		if record.Type == "cosigner" {
			named = append(named, record.Key)
		}
		if record.Type != "cosigned" {
			continue
		}
		at := filepath.Join(dir, "log", "cosigned", strings.TrimSuffix(filepath.Base(path), ".leaf"))
		signed, err := os.ReadFile(at + ".checkpoint")
		if err != nil {
			return "", err
		}
		if digest := sha256.Sum256(signed); hex.EncodeToString(digest[:]) != record.Checkpoint.Sha256 {
			return "", fmt.Errorf("%s.checkpoint is not the one on record", at)
		}
		seen, err := openCheckpoint(signed, vkey)
		if err != nil {
			return "", err
		}
		if seen.N != record.Size || seen.N == 0 {
			return "", fmt.Errorf("%s.checkpoint is of another size than its record says", at)
		}
		if err := checkGrowth(at+".consistency", vkey, seen, ours); err != nil {
			return "", fmt.Errorf("%s.consistency: %w", at, err)
		}
		due := map[string][]string{}
		for _, by := range record.By {
			due[by.Key] = append(due[by.Key], by.Time)
		}
		if len(due) == 0 {
			return "", fmt.Errorf("%s counts no cosignature", path)
		}
		for key, times := range due {
			before := false
			for _, one := range named {
				before = before || one == key
			}
			one, err := newCosigner(key)
			if err != nil || !before {
				return "", fmt.Errorf("%s counts a cosignature by a stranger: %v", path, err)
			}
			if one == nil {
				unchecked += len(times)
				continue
			}
			if _, err := note.Open(signed, note.VerifierList(one)); err != nil {
				return "", fmt.Errorf("%s.checkpoint: %s: %w", at, one.name, err)
			}
			// Go's package looks at the first line of a key alone.
			if len(one.times) != 1 || one.times[0] != times[0] {
				return "", fmt.Errorf("%s.checkpoint: %s signed at another time", at, one.name)
			}
			held += len(times)
		}
	}
	if held+unchecked == 0 {
		return "", nil
	}
	said := fmt.Sprintf(", %d cosignatures by Ed25519", held)
	if unchecked > 0 {
		said += fmt.Sprintf(" (%d by ML-DSA-44 NOT CHECKED)", unchecked)
	}
	return said, nil
}

// checkGrowth sees to it that a log is the beginning of a later one (RFC 6962, section 2.1.2):
// without it the keeper of the log could mix two.
func checkGrowth(path, vkey string, old tlog.Tree, later string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	head, signed, ok := strings.Cut(string(text), "\n\n")
	lines := strings.Split(head, "\n")
	if !ok || lines[0] != fmt.Sprintf("old %d", old.N) {
		return errors.New("it does not start from the size of the earlier checkpoint")
	}
	var proof tlog.TreeProof
	for _, line := range lines[1:] {
		hash, err := tlog.ParseHash(line)
		if err != nil || base64.StdEncoding.EncodeToString(hash[:]) != line {
			return errors.New("one of its lines is no hash")
		}
		proof = append(proof, hash)
	}
	if signed != later {
		return errors.New("it does not lead to the later checkpoint")
	}
	tree, err := openCheckpoint([]byte(signed), vkey)
	if err != nil {
		return err
	}
	return tlog.CheckTree(proof, tree.N, tree.Hash, old.N, old.Hash)
}

// onlyRecords lists a folder that may hold files named NNNNNNNN and the ending, and nothing else.
func onlyRecords(dir, ending string) ([]string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, entry := range entries {
		path := filepath.Join(dir, entry.Name())
		number := strings.TrimSuffix(entry.Name(), ending)
		digits := len(number) >= 8 && strings.Trim(number, "0123456789") == ""
		if number+ending != entry.Name() || !digits || !entry.Type().IsRegular() {
			return nil, fmt.Errorf("%s does not belong there", path)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// checkRecord checks a leaf by the proof that lies beside it.
func checkRecord(dir, vkey, leaf string, tree tlog.Tree) error {
	name := strings.TrimSuffix(filepath.Base(leaf), ".leaf")
	path := filepath.Join(dir, "log", "proofs", name+".tlog-proof")
	index, found, err := openProof(vkey, path, leaf)
	if err != nil {
		return err
	}
	if found != tree {
		return fmt.Errorf("%s does not lead to log/checkpoint", path)
	}
	if fmt.Sprintf("%08d", index) != name {
		return fmt.Errorf("%s is the proof of leaf %d", path, index)
	}
	return nil
}

func checkSeal(dir, export string, size int64) error {
	leaf, err := os.ReadFile(export)
	if err != nil {
		return err
	}
	line, _, _ := bytes.Cut(leaf, []byte("\n"))
	var record struct {
		Type        string `json:"type"`
		Tagmanifest string `json:"tagmanifest"`
		Signature   string `json:"signature"`
		TreeSize    int64  `json:"tree_size"`
	}
	if err := json.Unmarshal(line, &record); err != nil {
		return err
	}
	if record.Type != "export" {
		return errors.New("export.leaf is not the record of an export")
	}
	if record.TreeSize != size {
		return errors.New("export.leaf names another size of the log than log/checkpoint")
	}
	for name, due := range map[string]string{
		"tagmanifest-sha256.txt":     record.Tagmanifest,
		"tagmanifest-sha256.txt.sig": record.Signature,
	} {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			return err
		}
		if digest := sha256.Sum256(data); hex.EncodeToString(digest[:]) != due {
			return fmt.Errorf("%s is not the one that export.leaf names", name)
		}
	}
	return nil
}
