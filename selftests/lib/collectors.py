#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""collectors.py DIRECTORY NAMESPACE[:PORT...]... - take and record what comes to many namespaces

One process for all, since programs start slowly in a guest. In each namespace it listens at
the UDP ports, and records every packet to UDP ports 2055 to 2060, and every fragment, that
comes in, as DIRECTORY/NAMESPACE.pcap. A device may come and go. Commands on standard input:

    begin    forget what was recorded so far
    end      write the files; answers with the number of packets that were missed
"""
import os
import select
import socket
import struct
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.realpath(__file__)))
from guest import inside  # pylint: disable=wrong-import-position

ETH_P_ALL = 3
SOL_PACKET = 263
PACKET_STATISTICS = 6
SO_TIMESTAMPNS = 35
LINKTYPE_RAW = 101
PORTS = range(2055, 2061)


def is_wanted(packet):
    """UDP to one of the ports, or a fragment"""
    if packet[:1] and packet[0] >> 4 == 4 and len(packet) >= 24:
        header = (packet[0] & 15) * 4
        if struct.unpack_from(">H", packet, 6)[0] & 0x3fff:
            return True
        kind = packet[9]
    elif packet[:1] and packet[0] >> 4 == 6 and len(packet) >= 44:
        header, kind = 40, packet[6]
        if kind == 44:
            return True
    else:
        return False
    return kind == 17 and struct.unpack_from(">H", packet, header + 2)[0] in PORTS


class Recorder:
    """A packet socket of one namespace"""

    def __init__(self, name, path):
        self.path = path
        self.packets = []
        with inside(name):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 24)
        self.sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self.sock.setblocking(False)

    def read(self):
        """Takes what is there"""
        for _ in range(200):
            try:
                packet, control, _, address = self.sock.recvmsg(65536, 64)
            except BlockingIOError:
                return
            except OSError:                     # the device went down; packets go on
                continue
            if address[2] != socket.PACKET_OUTGOING and is_wanted(packet):
                self.packets.append((struct.unpack_from("=qq", control[0][2]), packet))

    def missed(self):
        return struct.unpack("=II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]

    def write(self):
        with open(self.path, "wb") as file:
            file.write(struct.pack("=IHHiIII", 0xa1b23c4d, 2, 4, 0, 0, 65535, LINKTYPE_RAW))
            for (seconds, ns), packet in self.packets:
                file.write(struct.pack("=IIII", seconds, ns, len(packet), len(packet)) + packet)


def main():
    recorders, listeners = [], []
    for word in sys.argv[2:]:
        name, *ports = word.split(":")
        recorders.append(Recorder(name, os.path.join(sys.argv[1], name + ".pcap")))
        for port in ports:
            with inside(name):
                listeners.append(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
            listeners[-1].bind(("::", int(port)))
            listeners[-1].setblocking(False)
    readers = {recorder.sock: recorder for recorder in recorders}
    print("ready", flush=True)
    while True:
        ready, _, _ = select.select([0, *readers, *listeners], [], [])
        for sock in ready:
            if sock in readers:
                readers[sock].read()
            elif sock != 0:
                try:
                    sock.recv(65536)
                except OSError:
                    pass
        if 0 not in ready:
            continue
        command = os.read(0, 100).decode().strip()
        if command == "begin":
            for recorder in recorders:
                recorder.read()
                recorder.missed()
                recorder.packets = []
            print("begun", flush=True)
        elif command == "end":
            # What is on its way through the stack
            time.sleep(0.2)
            for recorder in recorders:
                before = -1
                while before != len(recorder.packets):
                    before = len(recorder.packets)
                    recorder.read()
                recorder.write()
            print(sum(recorder.missed() for recorder in recorders), flush=True)
        else:
            return


if __name__ == "__main__":
    main()
