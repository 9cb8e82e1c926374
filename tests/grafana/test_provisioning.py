"""The provisioning files: what Grafana's documentation names, no more, and what the rest of the shipped examples says."""

import yaml

from tests.grafana.made.files import FOLDER
from tests.prometheus.server import SCRAPE

PROVISIONING = FOLDER / "provisioning"


def test_the_data_source_steps_as_the_shipped_job_scrapes() -> None:
    (source,) = yaml.safe_load((PROVISIONING / "datasource.yaml").read_text())["datasources"]
    assert source["type"] == "prometheus"
    assert source["jsonData"]["timeInterval"] == yaml.safe_load(SCRAPE.read_text())["global"]["scrape_interval"]


def test_dashboards_are_read_from_a_folder_and_stay_as_they_are() -> None:
    (provider,) = yaml.safe_load((PROVISIONING / "dashboards.yaml").read_text())["providers"]
    assert provider["type"] == "file"
    assert provider["options"]["path"].startswith("/var/lib/grafana/")
    assert provider["allowUiUpdates"] is False
