"""Every service, joined to the others and to its ports."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from blotter_records import __version__
from blotter_records.adapters.image_files import to_tiff
from blotter_records.bootstrap.outside import Ports
from blotter_records.domain.policy_table import DEFAULT_VALUES, Value
from blotter_records.services.acting.gate import Gate
from blotter_records.services.acting.readings import Readings
from blotter_records.services.acting.refusals import Refusals
from blotter_records.services.analyses.again import Again
from blotter_records.services.analyses.analyses import Analyses
from blotter_records.services.analyses.finding import FindingBands
from blotter_records.services.analyses.wells import FindingWells
from blotter_records.services.bundles.bundles import Bundles
from blotter_records.services.configuration import steps as configuration_steps
from blotter_records.services.configuration.configurations import Configurations
from blotter_records.services.configuration.manifest import Manifest
from blotter_records.services.copies.archiving import Archiving
from blotter_records.services.copies.copies import Copies
from blotter_records.services.copies.exports import Exports
from blotter_records.services.copies.importing import Importing
from blotter_records.services.images import steps as image_steps
from blotter_records.services.images.editing import Editing
from blotter_records.services.images.holding import Holding
from blotter_records.services.images.images import Images
from blotter_records.services.images.layers import Layers
from blotter_records.services.images.pixels import Pixels
from blotter_records.services.images.transforms import Transforms
from blotter_records.services.instruments import steps as instrument_steps
from blotter_records.services.instruments.acquiring import Acquiring
from blotter_records.services.instruments.receiving import Receiving
from blotter_records.services.instruments.register import Instruments
from blotter_records.services.operating.condition import Conditions
from blotter_records.services.operating.demo import DEMO_VALUES, Demo
from blotter_records.services.operating.imprint import Imprint
from blotter_records.services.operating.notification_rules import NotificationRules
from blotter_records.services.operating.notifications import Notifications
from blotter_records.services.operating.system import System
from blotter_records.services.operating.tasks import Tasks
from blotter_records.services.people import account_steps
from blotter_records.services.people.access_reviews import AccessReviews, AccessReviewStep
from blotter_records.services.people.accounts import Accounts
from blotter_records.services.people.breakglass import Breakglass
from blotter_records.services.people.command_log import CommandLog
from blotter_records.services.people.credentials import Credentials
from blotter_records.services.people.dossiers import Dossiers
from blotter_records.services.people.ended import Ended
from blotter_records.services.people.letters import Letters
from blotter_records.services.people.notebooks import Notebooks
from blotter_records.services.people.opening import SignIn
from blotter_records.services.people.own_password import OwnPassword
from blotter_records.services.people.profiles import Profiles
from blotter_records.services.people.resetting import Resetting
from blotter_records.services.people.sessions import Sessions
from blotter_records.services.people.totp import Totp
from blotter_records.services.people.trainings import Trainings
from blotter_records.services.people.unlocking import Unlocking
from blotter_records.services.protocols import steps as protocol_steps
from blotter_records.services.protocols.applying import ApplyingProtocols
from blotter_records.services.protocols.protocols import Protocols
from blotter_records.services.quantities.setting import QuantitiesOfAnalyses
from blotter_records.services.reports.reports import Reports
from blotter_records.services.reports.user_log import UserLogFiles
from blotter_records.services.results import steps as result_steps
from blotter_records.services.results.answering import FlagReasons
from blotter_records.services.results.results import Results
from blotter_records.services.results.unused import UnusedReasons
from blotter_records.services.signing.intents import Intents
from blotter_records.services.signing.proof import Proof
from blotter_records.services.signing.proposals import CountersignStep, Proposals
from blotter_records.services.signing.signing import Signatures, signable
from blotter_records.services.signing.signing_pictures import SigningPictures
from blotter_records.services.signing.steps import Steps
from blotter_records.services.studies import steps as study_steps
from blotter_records.services.studies.acquisitions import Acquisitions
from blotter_records.services.studies.parts import Parts
from blotter_records.services.studies.studies import Studies
from blotter_records.services.tables.tables import Tables
from blotter_records.services.templates import steps as template_steps
from blotter_records.services.templates.shipping import Shipping
from blotter_records.services.templates.templates import Templates
from blotter_records.services.trail.comparing import Comparing
from blotter_records.services.trail.reading import Trail
from blotter_records.services.trail.searching import Searching
from blotter_records.services.trail_reviews.pictures import Crops
from blotter_records.services.trail_reviews.trail_reviews import TrailReviews
from blotter_records.settings import Settings
from blotter_records.verifier.assembling import assembled
from blotter_records.verifier.faults import CannotCheck
from blotter_records.verifier.main import verify_bundle
from blotter_records.vocabulary import Action


class Services:
    """Every use case, joined to its ports.

    Parameters
    ----------
    settings : Settings
    ports : Ports
    initial : mapping of str to value
        Policies with which a new installation begins.
    packages : str, optional
        Digest of the installed packages (`blotter_records.installed`).
    """

    def __init__(
        self, settings: Settings, ports: Ports, initial: Mapping[str, Value] = DEFAULT_VALUES, packages: str = ""
    ) -> None:
        self.settings = settings
        self.ports = ports
        self.configurations = Configurations(ports.ledger, {**initial, **(DEMO_VALUES if settings.is_demo else {})})
        self.refusals = Refusals(ports.ledger)
        self.gate = Gate(self.refusals, Readings(ports.ledger))
        self.imprint = Imprint(
            origin=settings.checkpoint_origin(),
            software=f"Blotter {__version__}",
            is_demo=settings.is_demo,
            is_evaluation=settings.is_evaluation,
            verifier_key=settings.verifier_key,
            packages_sha256=packages,
        )
        self._join_people()
        self._join_images()
        self._join_copies()
        self._join_results()
        self._join_operation()

    def _join_people(self) -> None:
        ledger, clock, gate = self.ports.ledger, self.ports.clock, self.gate
        secrets = self.settings.service_secrets()
        self.credentials = Credentials(clock)
        self.sessions = Sessions(
            ledger,
            clock,
            gate=gate,
            configurations=self.configurations,
            service_secrets=secrets,
        )
        self.ended = Ended(ledger, self.sessions, gate=gate)
        self.sign_in = SignIn(
            ledger,
            clock,
            self.ports.randomness,
            gate=gate,
            credentials=self.credentials,
            configurations=self.configurations,
            sessions=self.sessions,
            service_secrets=secrets,
        )
        self.own_password = OwnPassword(
            ledger,
            clock,
            gate=gate,
            credentials=self.credentials,
            configurations=self.configurations,
            sessions=self.sessions,
        )
        self._join_accounts()
        self.notebooks = Notebooks(ledger, gate=gate)
        self.templates = Templates(ledger, gate=gate)
        self.shipping = Shipping(ledger, self.configurations)
        self.command_log = CommandLog(ledger, gate=gate)
        self.manifest = Manifest(ledger, gate=gate)
        self.notifications = Notifications(ledger, gate=gate)
        self.notification_rules = NotificationRules(ledger, gate=gate, configurations=self.configurations)

    def _join_accounts(self) -> None:
        ports, gate, configurations = self.ports, self.gate, self.configurations
        ledger, clock, randomness = ports.ledger, ports.clock, ports.randomness
        credentials = self.credentials
        self.accounts = Accounts(
            ledger, clock, randomness, gate=gate, credentials=credentials, configurations=configurations
        )
        self.unlocking = Unlocking(ledger, clock, gate=gate, configurations=configurations)
        self.resetting = Resetting(
            ledger, clock, randomness, gate=gate, credentials=credentials, configurations=configurations
        )
        self.profiles = Profiles(ledger, clock, gate=gate, configurations=configurations)
        self.trainings = Trainings(ledger, clock, gate=gate, configurations=configurations)
        self.totp = Totp(
            ledger, clock, gate=gate, configurations=configurations, installation=self.settings.installation
        )
        self.breakglass = Breakglass(
            ledger, clock, randomness, gate=gate, credentials=credentials, configurations=configurations
        )
        self.access_reviews = AccessReviews(ledger, gate=gate)
        self.letters = Letters(ledger, clock, ports.store, gate=gate)
        self.tasks = Tasks(ledger, clock, gate=gate, configurations=configurations)
        self.conditions = Conditions(ledger, clock, gate=gate, configurations=configurations)

    def _join_images(self) -> None:
        ports, gate, ledger = self.ports, self.gate, self.ports.ledger
        self.instruments = Instruments(ledger, ports.clock, gate=gate)
        self.acquiring = Acquiring(ledger, ports.clock, ports.store, gate=gate, max_bytes=self.settings.max_image_bytes)
        self.receiving = Receiving(ledger, ports.clock, ports.store, ports.reader, gate=gate, write_tiff=to_tiff)
        self.studies = Studies(ledger, gate=gate)
        self.parts = Parts(ledger, gate=gate)
        self.acquisitions = Acquisitions(ledger, gate=gate)
        self.holding = Holding(ledger, ports.store)
        self.pixels = Pixels(self.holding, ports.store, ports.reader, self.settings.pixel_cache_bytes)
        self.images = Images(
            ledger,
            ports.store,
            ports.reader,
            ports.tiles,
            gate=gate,
            pixels=self.pixels,
            holding=self.holding,
            max_bytes=self.settings.max_image_bytes,
        )
        self.editing = Editing(ledger, ports.tiles, gate=gate)
        self.layers = Layers(ledger, gate=gate)
        self.transforms = Transforms(
            ledger, ports.store, ports.tiles, gate=gate, pixels=self.pixels, write_tiff=to_tiff
        )
        self.analyses = Analyses(ledger, gate=gate, pixels=self.pixels)
        self.finding = FindingBands(ledger, gate=gate, pixels=self.pixels)
        self.wells = FindingWells(ledger, gate=gate, pixels=self.pixels)
        self.quantities = QuantitiesOfAnalyses(ledger, gate=gate)
        self.protocols = Protocols(ledger, gate=gate)
        self.applying = ApplyingProtocols(ledger, gate=gate, pixels=self.pixels)
        self.again = Again(ledger, gate=gate, pixels=self.pixels)

    def _join_copies(self) -> None:
        ports, gate, ledger = self.ports, self.gate, self.ports.ledger
        self.exports = Exports(ledger, ports.store, gate=gate)
        self.tables = Tables(ledger, ports.painter, gate=gate, pixels=self.pixels, exports=self.exports)
        self.reports = Reports(
            ledger,
            ports.renderer,
            ports.pictures,
            seals=ports.seals,
            pixels=self.pixels,
            exports=self.exports,
            gate=gate,
            imprint=self.imprint,
        )
        self.user_log_files = UserLogFiles(
            ledger, ports.renderer, exports=self.exports, gate=gate, imprint=self.imprint
        )
        self.dossiers = Dossiers(
            ledger,
            ports.clock,
            ports.renderer,
            exports=self.exports,
            gate=gate,
            configurations=self.configurations,
            imprint=self.imprint,
        )
        self.bundles = Bundles(
            ledger,
            ports.store,
            self.reports,
            ports.renderer,
            seals=ports.seals,
            pixels=self.pixels,
            exports=self.exports,
            gate=gate,
            imprint=self.imprint,
            verifier=assembled(),
        )
        self.archiving = Archiving(ledger, ports.store, gate=gate, verify=faults_of)
        self.copies = Copies(ledger, ports.store, ports.tiles, gate=gate, pixels=self.pixels)
        self.importing = Importing(
            ledger,
            ports.store,
            gate=gate,
            pixels=self.pixels,
            verify=faults_of,
            origin=self.imprint.origin,
            max_bytes=self.settings.max_bundle_bytes,
        )

    def _join_results(self) -> None:
        ledger, gate = self.ports.ledger, self.gate
        proof = Proof(ledger, self.pixels, self.analyses)
        self.steps = Steps(
            {
                **account_steps.steps(self.ports.clock),
                Action.USER_ACCESS_REVIEW_SIGN: AccessReviewStep(),
                **configuration_steps.STEPS,
                **study_steps.STEPS,
                **instrument_steps.steps(self.ports.clock),
                **template_steps.STEPS,
                **protocol_steps.STEPS,
                **image_steps.steps(ledger, self.pixels),
                **result_steps.steps(proof, self.archiving),
            }
        )
        self.steps.add(Action.PROPOSAL_COUNTERSIGN, CountersignStep(ledger, self.steps))
        signable(self.steps)
        self.results = Results(ledger, gate=gate)
        self.unused_reasons = UnusedReasons(ledger, gate=gate)
        self.flag_reasons = FlagReasons(ledger, gate=gate)
        self.trail_reviews = TrailReviews(ledger, gate=gate)
        self.crops = Crops(ledger, gate=gate, pixels=self.pixels, pictures=self.ports.pictures)
        self.proposals = Proposals(ledger, gate=gate, steps=self.steps)
        self.intents = Intents(
            ledger,
            self.ports.clock,
            self.ports.randomness,
            gate=gate,
            sessions=self.sessions,
            configurations=self.configurations,
            steps=self.steps,
            signing_origin=self.settings.signing_origin,
        )
        self.signatures = Signatures(
            ledger,
            gate=gate,
            credentials=self.credentials,
            configurations=self.configurations,
            sessions=self.sessions,
            intents=self.intents,
            steps=self.steps,
        )
        self.signing_pictures = SigningPictures(ledger, self.pixels, self.ports.pictures)

    def _join_operation(self) -> None:
        ports, ledger = self.ports, self.ports.ledger
        self.trail = Trail(ledger, gate=self.gate)
        self.searching = Searching(ledger, gate=self.gate)
        self.comparing = Comparing(ledger, gate=self.gate)
        self.system = System(ledger, self.imprint, self.settings.signing_origin)
        self.demo = Demo(
            ledger,
            ports.store,
            clock=ports.clock,
            credentials=self.credentials,
            configurations=self.configurations,
            images=self.images,
            write_tiff=to_tiff,
        )


def faults_of(bundle: Path, key: str | None = None) -> list[str]:
    """Return the faults of a bundle; a file that is none is at fault, too."""
    try:
        return verify_bundle(bundle, key)
    except CannotCheck as error:
        return [str(error).replace(str(bundle), "the file")]


def build(
    settings: Settings, ports: Ports, initial: Mapping[str, Value] = DEFAULT_VALUES, packages: str = ""
) -> Services:
    """Join the services to their ports; write the configuration where there is none, and what a release brings."""
    services = Services(settings, ports, initial, packages)
    services.configurations.install()
    services.shipping.install()
    return services
