// A Node program with @msgpack/msgpack (or JSON alone) and a socket calls us, by docs/formats/control.md alone.
//   node node_test.js msgpack|json
'use strict';
const assert = require('node:assert');
const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');

const form = process.argv[2];
const CONTROL = 0x04;
const UNCHECKED = 0x08;

/** Bodies into bytes and back, and what bytes are called in this form. */
function codec() {
    if (form === 'json') {
        console.log(`JSON by Node ${process.version}`);
        return {
            encode: (map) => Buffer.from(JSON.stringify(map)),
            decode: (bytes) => JSON.parse(bytes.toString()),
            bytes: (text) => Buffer.from(text).toString('base64'),
        };
    }
    let msgpack;
    try {
        msgpack = require('@msgpack/msgpack');
    } catch {
        console.log('skipped: @msgpack/msgpack is not installed (npm ci in tests/interop, NODE_PATH to its node_modules)');
        process.exit(77);
    }
    const { version } = JSON.parse(fs.readFileSync(path.join(require.resolve('@msgpack/msgpack'), '../../package.json')));
    console.log(`MessagePack by @msgpack/msgpack ${version}`);
    return {
        encode: (map) => Buffer.from(msgpack.encode(map)),
        decode: (bytes) => msgpack.decode(new Uint8Array(bytes)),  // so that bytes in it are not Buffers
        bytes: (text) => new Uint8Array(Buffer.from(text)),
    };
}
const { encode, decode, bytes } = codec();

function message(body) {
    const header = Buffer.alloc(32);
    header.writeUInt32LE(0xdeadbeef, 0);
    header[5] = 1;
    header[7] = CONTROL | UNCHECKED;
    header.writeUInt32LE(body.length, 24);
    return Buffer.concat([header, body]);
}

/** A connection whose answers are promised by id. */
class Connection {
    constructor(address) {
        this.waiting = new Map();
        this.received = Buffer.alloc(0);
        this.socket = net.connect(address);
        this.socket.on('data', (data) => this.take(data));
        this.socket.on('close', () => {
            for (const { reject } of this.waiting.values()) reject(new Error('the connection was closed'));
        });
    }

    take(data) {
        this.received = Buffer.concat([this.received, data]);
        while (this.received.length >= 32) {
            const end = 32 + this.received.readUInt32LE(24);
            if (this.received.length < end) return;
            assert.strictEqual(this.received.readUInt32LE(0), 0xdeadbeef);
            assert.strictEqual(this.received[7] & CONTROL, CONTROL);
            const answer = decode(this.received.subarray(32, end));
            this.received = this.received.subarray(end);
            this.waiting.get(answer.id).resolve(answer);
            this.waiting.delete(answer.id);
        }
    }

    call(id, method, params) {
        return new Promise((resolve, reject) => {
            this.waiting.set(id, { resolve, reject });
            this.socket.write(message(encode({ version: 1, type: 'request', id, method, params })));
        });
    }

    notify(method, params) {
        this.socket.write(message(encode({ version: 1, type: 'notification', method, params })));
    }
}

/** Runs `mycelium serve` while `test(connection, folder)` runs. */
async function serving(how, test) {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'mycelium-node-'));
    const socketPath = path.join(folder, 'meet.sock');
    const server = spawn(process.env.MYCELIUM, ['serve', `unix://${socketPath}`, ...how(folder)]);
    let connection;
    try {
        await new Promise((resolve, reject) => {
            let said = '';
            server.stderr.on('data', (data) => {
                said += data;
                if (said.includes('serving ')) resolve();
            });
            server.on('exit', () => reject(new Error(`serve ended: ${said}`)));
        });
        connection = new Connection(socketPath);
        await test(connection, folder);
    } finally {
        connection?.socket.destroy();
        server.removeAllListeners('exit');
        const ended = new Promise((resolve) => server.on('exit', resolve));
        server.kill('SIGTERM');
        await ended;
        fs.rmSync(folder, { recursive: true });
    }
}

const tests = {
    async 'a question is echoed'() {
        await serving(() => ['--echo'], async (connection) => {
            assert.deepStrictEqual({ ...await connection.call(7, 'any', bytes('hello')) },
                                   { version: 1, type: 'response', id: 7, result: bytes('hello') });
        });
    },
    async 'ids tell many answers apart'() {
        await serving(() => ['--exec', 'cat', '--jobs', '4'], async (connection) => {
            const ids = Array.from({ length: 20 }, (_, index) => index);
            const answers = await Promise.all(ids.map((id) => connection.call(id, 'any', bytes(`body ${id}`))));
            answers.forEach((answer, id) => assert.deepStrictEqual(answer.result, bytes(`body ${id}`)));
        });
    },
    async 'a failure is an error with code and message'() {
        await serving(() => ['--exec', 'echo sorry >&2; exit 4'], async (connection) => {
            const answer = await connection.call(1, 'any', bytes('x'));
            assert.deepStrictEqual({ ...answer.error }, { code: 4, message: 'sorry' });
            assert.strictEqual(answer.result, undefined);
        });
    },
    async 'a notification is received and not answered'() {
        const how = (folder) => ['--exec', `[ "$MYCELIUM_METHOD" = note ] && cat > ${folder}/got || cat`];
        await serving(how, async (connection, folder) => {
            connection.notify('note', bytes('news'));
            await connection.call(1, 'other', bytes('after')); // one command at a time: the first has ended
            assert.strictEqual(fs.readFileSync(path.join(folder, 'got'), 'utf8'), 'news');
        });
    },
    async 'nonsense costs its sender the connection and nobody else anything'() {
        await serving(() => ['--echo'], async (connection, folder) => {
            const bad = net.connect(path.join(folder, 'meet.sock'));
            bad.on('error', () => {});
            const closed = new Promise((resolve) => bad.on('close', resolve));
            bad.write(message(Buffer.from([0xc1])));
            bad.resume();
            await closed;
            assert.deepStrictEqual((await connection.call(1, 'any', bytes('here'))).result, bytes('here'));
        });
    },
};

(async () => {
    let failed = 0;
    for (const [name, test] of Object.entries(tests)) {
        try {
            await test();
            console.log(`ok: ${name}`);
        } catch (error) {
            failed += 1;
            console.log(`failed: ${name}\n${error.stack}`);
        }
    }
    process.exit(failed === 0 ? 0 : 1);
})();
