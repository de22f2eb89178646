"""Bridge's payment links: its API, the payer's pages, the banks that execute."""
