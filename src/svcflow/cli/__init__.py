"""The command line: what authors and operators do with processes and cases without writing Python."""

from svcflow.cli.app import main as main
